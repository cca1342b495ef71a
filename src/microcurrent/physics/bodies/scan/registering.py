"""Registering: a template laid on a skin, its landmarks found there, each with a confidence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import igl
import numpy as np
import numpy.typing as npt
from scipy.spatial.transform import Rotation

from microcurrent.errors import BodyError, Problem
from microcurrent.physics.bodies.scan.alignment import Candidate, Search, align
from microcurrent.physics.bodies.scan.features import profile_features
from microcurrent.physics.bodies.scan.judging import Likeness, is_face, likeness, refuse_no_head
from microcurrent.physics.bodies.scan.template import Similarity, Template
from microcurrent.physics.bodies.scan.warping import SmoothMap, fit_map
from microcurrent.physics.bodies.skin_mesh import SkinMesh
from microcurrent.physics.conduction.grid import Floats

#: What a relief that is like weighs against closeness when the best orientation is chosen [m].
_RELIEF_WEIGHT = 5e-3
#: So many best orientations are compared.
_COMPARED = 4
#: Orientations worse by this part are no rivals.
_CLEAR_MARGIN = 0.2
#: Distances [m in the template] at which a landmark is worth exp(-1/2) of its confidence: of its skin from
#: that of the template, and of where map and feature say it is.
_RESIDUAL_SCALE, _AGREEMENT_SCALE = 3e-3, 7e-3
#: Features farther [m in the template] than this from where the map has them are not believed.
_DISBELIEVED = 0.032
#: Where the template's own landmark and feature are farther apart [m] they do not mean the same.
_SAME_MEANING = 8e-3
#: A patch whose normals spread less than this in some direction (smallest eigenvalue of their mean square)
#: can slide along it; a landmark on one keeps at least so much of its confidence.
_SLIPPERY, _KEPT_ON_FLAT = 0.02, 0.4
#: Skin around a landmark that is compared, and the farthest it is shifted [m in the template].
_PATCH, _FARTHEST_SHIFT = 0.016, 6e-3
#: Steps of shifting a patch.
_SHIFTS = 6
#: Landmarks needed to lay the template on by them alone.
_ENOUGH_GIVEN = 4


@dataclass(frozen=True, kw_only=True, eq=False)
class Landmark:
    """A landmark on the subject: `place` (3,) in its unit; `confidence` [0, 1], a score and no probability;
    `residual` [m in the template], how far the skin around is from that of the template; `feature`:
    whether the profile shows it; `given`: whether a person set it."""

    place: Floats
    confidence: float
    residual: float
    feature: bool = False
    given: bool = False


@dataclass(frozen=True, kw_only=True, eq=False)
class Found:
    """A template laid on a subject.

    `similarity` from the template [m] to the subject [its unit]; `landmarks` by name; `likeness`; `map`:
    takes points (P, 3) [m in the template] to the subject; `residual` [m in the template]: median and
    95th percentile of the distance of the mapped face from the skin.
    """

    similarity: Similarity
    landmarks: Mapping[str, Landmark]
    likeness: Likeness
    map: SmoothMap
    residual: tuple[float, float]

    def upright(self, skin: SkinMesh, *, unit: float) -> SkinMesh:
        """Return `skin` with axes right, front, up [m], where one unit of it is `unit` metre, the middle
        of the face where the template has it."""
        return SkinMesh(vertices=self.placed(skin.vertices, unit=unit), triangles=skin.triangles)

    def placed(self, points: npt.ArrayLike, *, unit: float) -> Floats:
        """Return `points` (P, 3) of the subject as `upright` places its skin."""
        return np.asarray(self.similarity.back(points) * (unit * self.similarity.scale))


def find_landmarks(
    skin: SkinMesh, template: Template, *, scale_known: bool, upright: bool = False,
    given: Mapping[str, Floats] | None = None,
) -> Found:  # fmt: skip
    """Return where the landmarks of `template` lie on `skin`.

    `skin`: closed, triangles wound from outside, in any unit; with `scale_known` in metre. `upright`: its
    axes are right, front, up but for a moderate turn. `given`: landmarks that a person set, (3,) each in
    the unit of the skin, taken exactly. Raises `BodyError` where `skin` is no head, or a given landmark is
    not one of the template.
    """
    given = {name: np.asarray(place, dtype=float) for name, place in (given or {}).items()}
    unknown = sorted(set(given) - set(template.landmarks))
    if unknown:
        raise BodyError(
            Problem(
                what="unknown landmark",
                expected="one of " + ", ".join(sorted(template.landmarks)),
                came=", ".join(unknown),
            )
        )
    scale = 1.0 if scale_known else None
    first = _by_landmarks(template, given, scale) if len(given) >= _ENOUGH_GIVEN else None
    similarity, alike = _laid_on(skin, template, Search(scale=scale, upright=upright), first)
    refuse_no_head(alike)
    return _Registration(
        skin=skin, template=template, similarity=similarity, alike=alike, given=given
    ).found()


def _by_landmarks(template: Template, given: Mapping[str, Floats], scale: float | None) -> Similarity:
    """The similarity that takes the template's landmarks nearest to those given."""
    source = np.stack([template.landmarks[name] for name in given])
    target = np.stack(list(given.values()))
    a, b = source - source.mean(axis=0), target - target.mean(axis=0)
    rotation = Rotation.align_vectors(b, a)[0].as_matrix()
    if scale is None:
        scale = float((b * (a @ rotation.T)).sum() / (a * a).sum())
    shift = target.mean(axis=0) - scale * rotation @ source.mean(axis=0)
    return Similarity(scale=scale, rotation=rotation, shift=shift)


def _laid_on(
    skin: SkinMesh, template: Template, search: Search, first: Similarity | None
) -> tuple[Similarity, Likeness]:
    """The best orientation of the head, or of the face alone where no whole head is found."""
    whole = _best(skin, template, align(skin, template, search, first=first))
    if is_face(whole[1]) or first is not None:
        return whole
    alone = _best(skin, template, align(skin, template, replace(search, face_only=True)))
    return alone if is_face(alone[1]) else whole


def _best(
    skin: SkinMesh, template: Template, candidates: tuple[Candidate, ...]
) -> tuple[Similarity, Likeness]:
    """The orientation that is nearest and whose relief is most like, and how clearly it is the best."""
    judged = [(c, likeness(skin, template, c.similarity, margin=1.0)) for c in candidates[:_COMPARED]]
    worth = [c.cost + _RELIEF_WEIGHT * (1 - like.relief) for c, like in judged]
    order = np.argsort(worth)
    best, alike = judged[int(order[0])]
    margin = worth[int(order[1])] / worth[int(order[0])] - 1 if len(order) > 1 else 1.0
    return best.similarity, Likeness(
        relief=alike.relief, residual=alike.residual, covered=alike.covered, margin=float(margin)
    )


def _length(vector: Floats) -> float:
    return float(np.linalg.norm(vector))


@dataclass
class _Registration:
    """One skin, one template: from the similarity to landmarks."""

    skin: SkinMesh
    template: Template
    similarity: Similarity
    alike: Likeness
    given: Mapping[str, Floats]
    aligned: SkinMesh = field(init=False)

    def __post_init__(self) -> None:
        self.aligned = SkinMesh(
            vertices=self.similarity.back(self.skin.vertices), triangles=self.skin.triangles
        )

    def found(self) -> Found:
        first = fit_map(self.skin, self.template, self.similarity, given=self.given, levels=2)
        expected = self._mapped(first)
        features = self._features(expected)
        pins = {name: self._out(place) for name, place in features.items()} | dict(self.given)
        final = fit_map(self.skin, self.template, self.similarity, given=pins)
        mapped = self._mapped(final)
        names = list(self.template.landmarks)
        patches = [self._patch(name, final) for name in names]
        shifted = self._on_skin(np.stack([mapped[n] + p[0] for n, p in zip(names, patches, strict=True)]))
        places = {n: features.get(n, at) for n, at in zip(names, shifted, strict=True)}
        landmarks = {
            name: self._landmark(name, places[name], features.get(name), expected[name], patch)
            for name, patch in zip(names, patches, strict=True)
        }
        face = self.similarity.back(final(self.template.face.points))
        distance = np.linalg.norm(self.aligned.vertices[self.aligned.nearest(face)] - face, axis=1)
        return Found(
            similarity=self.similarity, landmarks=landmarks, likeness=self.alike, map=final,
            residual=(float(np.median(distance)), float(np.percentile(distance, 95))),
        )  # fmt: skip

    def _mapped(self, smooth: SmoothMap) -> dict[str, Floats]:
        """Where the map takes the landmarks, in the axes of the template, on the skin."""
        names = list(self.template.landmarks)
        places = self.similarity.back(smooth(np.stack([self.template.landmarks[name] for name in names])))
        return dict(zip(names, self._on_skin(places), strict=True))

    def _on_skin(self, places: Floats) -> Floats:
        """The nearest places on the skin, (P, 3), in the axes of the template."""
        return np.asarray(
            igl.point_mesh_squared_distance(
                np.atleast_2d(places), self.aligned.vertices, self.aligned.triangles.astype(np.int64)
            )[2]
        )

    def _out(self, place: Floats) -> Floats:
        return np.asarray(self.similarity(place[None])[0])

    def _features(self, expected: dict[str, Floats]) -> dict[str, Floats]:
        """What the profile shows, corrected by how the template's own landmarks differ from its profile."""
        shown = profile_features(self.aligned, self.template, expected)
        own = profile_features(self.template.skin, self.template, dict(self.template.landmarks))
        marks = self.template.landmarks
        names = [
            name
            for name in shown
            if name in own and name not in self.given and _length(marks[name] - own[name]) < _SAME_MEANING
        ]
        if not names:
            return {}
        corrected = self._on_skin(np.stack([shown[name] + marks[name] - own[name] for name in names]))
        return {
            name: place
            for name, place in zip(names, corrected, strict=True)
            if np.linalg.norm(place - expected[name]) < _DISBELIEVED
        }

    def _landmark(
        self, name: str, place: Floats, feature: Floats | None, expected: Floats,
        patch: tuple[Floats, float, float],
    ) -> Landmark:  # fmt: skip
        if name in self.given:
            return Landmark(place=self.given[name], confidence=1.0, residual=0.0, given=True)
        shift, residual, held = patch
        # A feature is a second witness: it may differ from the map by three times as much.
        astray = _length(place - expected) / 3 if feature is not None else _length(shift)
        confidence = (
            np.exp(-0.5 * (residual / _RESIDUAL_SCALE) ** 2)
            * np.exp(-0.5 * (astray / _AGREEMENT_SCALE) ** 2)
            * held
            * np.clip(self.alike.margin / _CLEAR_MARGIN, 0, 1)
            * np.clip(self.alike.relief, 0, 1) ** 0.5
        )
        return Landmark(
            place=self._out(place), confidence=float(confidence), residual=residual,
            feature=feature is not None,
        )  # fmt: skip

    def _patch(self, name: str, smooth: SmoothMap) -> tuple[Floats, float, float]:
        """The shift (3,) [m] that lays the skin around a landmark best, what is left, how it is held."""
        own = self.template.skin
        near = np.linalg.norm(own.vertices - self.template.landmarks[name], axis=1) < _PATCH
        points = self.similarity.back(smooth(own.vertices[near]))
        shift = np.zeros(3)
        for _ in range(_SHIFTS):
            index, same, toward = self._matched(points + shift, own.normals[near])
            facing = self.aligned.normals[index[same]]
            across = np.einsum("pi,pi->p", toward[same], facing)
            normal = facing.T @ facing + 0.05 * max(len(facing), 1) * np.eye(3)
            step = np.linalg.solve(normal, facing.T @ across)
            length = float(np.linalg.norm(shift + step))
            shift = (shift + step) * min(1.0, _FARTHEST_SHIFT / max(length, 1e-9))
        index, same, toward = self._matched(points + shift, own.normals[near])
        if not same.any():
            return np.zeros(3), 0.03, 0.0
        facing = self.aligned.normals[index[same]]
        spread = float(np.linalg.eigvalsh(facing.T @ facing / len(facing))[0])
        held = _KEPT_ON_FLAT + (1 - _KEPT_ON_FLAT) * spread / (spread + _SLIPPERY)
        across = np.einsum("pi,pi->p", toward[same], facing)
        return shift, float(np.sqrt(np.mean(across**2))), held * float(same.mean())

    def _matched(
        self, points: Floats, normals: Floats
    ) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.bool_], Floats]:
        index = self.aligned.nearest(points)
        toward = self.aligned.vertices[index] - points
        close = np.linalg.norm(toward, axis=1) < 0.5 * _PATCH
        same = (np.einsum("pi,pi->p", normals, self.aligned.normals[index]) > 0.4) & close
        return index, np.asarray(same), toward
