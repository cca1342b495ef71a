"""The one hold on one body that every device is compared on, predicted once and kept on disk."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from microcurrent import tables
from microcurrent.errors import ValueRefused
from microcurrent.model import Plan, Prediction
from microcurrent.model.digest import canonical, digest
from microcurrent.model.restore import restore
from microcurrent.planning.bodies import BodySource
from microcurrent.planning.bodies.keeping import cache_folder
from microcurrent.planning.planfile.reader import plan_of
from microcurrent.planning.prediction.predict import METHOD, Progress, predict
from microcurrent.planning.toml_file import TomlFile, parse_toml

_NAME = "reference_hold.toml"
#: Digits of the digest in the name of a file.
_DIGITS = 24
#: Draws of the inputs start from here, so that equal comparisons have equal figures.
_SEED = 1


@dataclass(frozen=True, kw_only=True, eq=False)
class Hold:
    """The reference hold: `plan` of one step, the body `source`, and its `prediction`."""

    plan: Plan
    source: BodySource
    prediction: Prediction


def reference_hold(
    body: str,
    *,
    samples: int,
    base: Path = Path(),
    on_step: Callable[[str], None] = lambda _: None,
    on_progress: Progress | None = None,
) -> Hold:
    """Return the reference hold on a body by its name, or a file in the folder `base`.

    Its prediction is read back where it was kept and plan, body, tables, method and `samples` are the same.
    Raises `InputError` where the body is not known or does not have both sites.
    """
    raw = files(__package__).joinpath(_NAME).read_bytes()
    content = parse_toml(raw, _NAME)
    plan, source = plan_of(_on(content, body), base=base, on_step=on_step)
    return hold_of(plan, source, samples=samples, on_progress=on_progress)


def hold_of(plan: Plan, source: BodySource, *, samples: int, on_progress: Progress | None = None) -> Hold:
    """Return a plan of one hold with its prediction, kept or made; see `reference_hold`."""
    key = digest([plan.digest, tables.digest(), METHOD, samples, _SEED])[:_DIGITS]
    path = _path(key)
    kept = None if path is None else _kept(path)
    if kept is None:
        kept, _ = predict(
            plan, source, tables_digest=tables.digest(), samples=samples, seed=_SEED,
            on_progress=on_progress,
        )  # fmt: skip
        if path is not None:
            _keep(path, kept)
    return Hold(plan=plan, source=source, prediction=kept)


def _on(content: TomlFile, body: str) -> TomlFile:
    return TomlFile(name=content.name, data={**content.data, "body": body}, lines=content.lines)


def _path(key: str) -> Path | None:
    folder = cache_folder()
    return None if folder is None else folder.parent / "holds" / f"{key}.json"


def _kept(path: Path) -> Prediction | None:
    """Return a prediction that was kept, or None where there is none that can be read."""
    with contextlib.suppress(OSError, ValueError, TypeError, ValueRefused):
        return restore(Prediction, json.loads(path.read_text(encoding="utf-8")))
    return None


def _keep(path: Path, prediction: Prediction) -> None:
    """Keep a prediction, written whole; a folder that cannot be written to costs time and nothing else."""
    partial = path.with_suffix(f".{os.getpid()}.partial")
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        partial.write_text(canonical(prediction), encoding="utf-8")
        partial.replace(path)
