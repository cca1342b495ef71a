"""ReadyLabelMap: what each number in the label images of one segmentation program stands for."""

from __future__ import annotations

from dataclasses import dataclass

from microcurrent.model.checks import named, one_of, refuse

#: What the label 0 of a program is: the outside of a body whose inside is all labelled, or that and every
#: tissue that the program does not look for.
COVERS = ("whole", "part")


@dataclass(frozen=True, kw_only=True)
class LabelRow:
    """The labels `first` to `last`: `name` that the program has for them, the `tissue`, None for air.

    `lumps`: the tissues that the program put into this one label, where it is more than one.
    """

    first: int
    last: int
    name: str
    tissue: str | None
    lumps: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        named(self, "name", self.name)
        if self.last < self.first:
            raise refuse(self, "last", expected=f"at least {self.first}", came=f"{self.last}")

    @property
    def labels(self) -> range:
        """Every label of this row."""
        return range(self.first, self.last + 1)


@dataclass(frozen=True, kw_only=True)
class ReadyLabelMap:
    """The labels of one kind of image: `name`; the `program` and its file; `rows`; `skin_group`.

    `covers`: one of `COVERS`. `needed`: labels without which an image is not of this kind; `largest`: the
    label that fills the largest volume in every such image, or None. `source` and `confidence` of numbers
    and names; `assignment`: the mark of confidence of the tissues chosen for them; `note`.
    """

    name: str
    program: str
    rows: tuple[LabelRow, ...]
    skin_group: str
    source: str
    confidence: str
    assignment: str
    covers: str = COVERS[0]
    needed: tuple[int, ...] = ()
    largest: int | None = None
    note: str = ""

    def __post_init__(self) -> None:
        named(self, "name", self.name)
        one_of(self, "covers", self.covers, COVERS)
        seen: set[int] = set()
        for row in self.rows:
            twice = seen.intersection(row.labels)
            if twice:
                raise refuse(self, "rows", expected="each label once", came=f"{min(twice)} twice")
            seen.update(row.labels)
        unknown = {*self.needed, *(() if self.largest is None else (self.largest,))} - seen
        if unknown:
            raise refuse(self, "needed", expected="labels of this map", came=f"{min(unknown)}")

    @property
    def meaning(self) -> dict[int, str | None]:
        """The tissue of every label, None for air."""
        return {label: row.tissue for row in self.rows for label in row.labels}

    @property
    def names(self) -> dict[int, str]:
        """What the program calls every label."""
        return {label: row.name for row in self.rows for label in row.labels}

    @property
    def lumped(self) -> dict[int, tuple[str, ...]]:
        """The tissues in every label that holds more than one."""
        return {label: row.lumps for row in self.rows for label in row.labels if row.lumps}
