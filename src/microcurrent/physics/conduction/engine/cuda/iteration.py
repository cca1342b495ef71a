"""Conjugate gradients on a graphics processor, with vectors in float32 around a potential in float64.

As in `krylov`, whose docstring says why: reliable updates, Polak and Ribiere's formula, and a shift that
lets the electrodes' currents add up.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from numba import cuda

from microcurrent.physics.conduction.engine.cuda import kernels as ke
from microcurrent.physics.conduction.engine.cuda.levels import DeviceLevels
from microcurrent.physics.conduction.engine.cuda.presence import require_memory
from microcurrent.physics.conduction.engine.krylov import Faces, Left, Measure, Sources
from microcurrent.physics.conduction.engine.levels import Hierarchy

Floats = npt.NDArray[np.float64]

#: As on the CPU: the fall after which the residual is computed afresh, how far below the goal to aim, ...
_DROP, _BELOW = 1e-3, 0.7
#: ... and fresh residuals in a row that fell by less than half before it is said that it does not converge.
_STALLS = 3
#: Bytes for each place in storage, with some room: matrix, transfer and five vectors; on the finest level
#: two more vectors, and conductances in float64 where they are kept.
_EACH, _FINEST, _DOUBLE = 52, 12, 24


class Device:
    """The matrix and the levels on the device, made once and used for every right side."""

    def __init__(self, hierarchy: Hierarchy, faces: Faces) -> None:
        narrow = faces[0].dtype == np.float32
        places = sum(level.r.size for level in hierarchy.levels)
        require_memory(_EACH * places + (_FINEST + _DOUBLE * (not narrow)) * faces[0].size)
        self.levels = DeviceLevels(hierarchy)
        mesh = self.levels.meshes[0]
        self.faces = (mesh.g0, mesh.g1, mesh.g2) if narrow else tuple(map(cuda.to_device, faces))
        size = mesh.inverse.size
        self.x = cuda.to_device(np.zeros(size))
        self.y = cuda.to_device(np.zeros(size, np.float32))


class DeviceIteration:
    """Conjugate gradients on one right side; used like `krylov.Iteration`."""

    def __init__(self, device: Device, sources: Sources) -> None:
        self._levels, self._faces = device.levels, device.faces
        self._x, self._y = device.x, device.y
        self._field, self._mesh = self._levels.fields[0], self._levels.meshes[0]
        self._currents, self._robin = sources.currents, sources.robin
        held = (sources.places, sources.currents, sources.robin)
        self._sources = tuple(cuda.to_device(array) for array in held)
        self._at = cuda.to_device(np.zeros(sources.places.size))
        self.iterations = 0
        self.residual = math.inf
        self._left = Left(square=math.inf, whole=math.inf)
        self._step, self._beta, self._energy = 0.0, 0.0, 0.0
        self._electrodes = float(sources.robin.sum())
        # The sum of the residual, and what the direction takes off it, as in `krylov`.
        self._whole, self._flow = 0.0, 0.0

    @property
    def potential(self) -> Floats:
        """The potential found so far, in storage."""
        return np.asarray(self._x.copy_to_host())

    def run(self, measure: Measure, tolerance: float, *, limit: int) -> bool:
        """Iterate until `measure` is at most `tolerance`; return False where `limit` rounds do not do."""
        self._levels.renew()
        for vector in (self._x, self._y, self._field.r, self._field.q, self._field.p):
            self._levels.launch(ke.clear, vector)
        self._refresh(measure)
        goal, stalls = self._goal(tolerance), 0
        while not self.residual <= tolerance:
            if self.iterations >= limit or stalls >= _STALLS:
                return False
            self._iterate()
            self._levels.launch(ke.add, self._field.r, self._field.q, -self._step)
            square, _ = self._levels.sizes(self._field.r)
            if square <= goal**2:
                before = self.residual
                self._refresh(measure)
                stalls = stalls + 1 if self.residual > 0.5 * before else 0
                goal = self._goal(tolerance)
        return True

    def _goal(self, tolerance: float) -> float:
        """The root of the sum of squares at which to look at the true residual again."""
        wanted = _BELOW * tolerance / self.residual if self.residual > 0 else 0.0
        return self._left.square * max(_DROP, wanted)

    def _refresh(self, measure: Measure) -> None:
        """Take in what was found and compute the true residual."""
        field, launch = self._field, self._levels.launch
        launch(ke.collect, (self._x, self._y, field.p), self._step)
        launch(ke.residual, self._mesh, self._faces, self._x, field.r)
        vectors = (self._x, field.r, self._at)
        launch(ke.residual_at, self._mesh, self._faces, self._sources, vectors)
        at = self._at.copy_to_host()
        self._whole = float((self._currents - self._robin * at).sum())
        square, size = self._levels.sizes(field.r)
        self._step = 0.0
        self._left = Left(square=math.sqrt(square), whole=size)
        self.residual = measure(at, self._left)

    def _iterate(self) -> None:
        """One iteration on the present residual."""
        levels, field = self._levels, self._field
        levels.cycle()
        energy, change = levels.dots(field.z, field.r, field.q)
        shift, flow = 0.0, 0.0
        if self._electrodes > 0:
            levels.launch(ke.pick, field.z, self._sources[0], self._at)
            touched = self._at.copy_to_host()
            shift = (self._whole - float(self._robin @ touched)) / self._electrodes
            energy += shift * self._whole
            flow = float((self._robin * (touched + shift)).sum())
        if self._energy > 0:
            # After a fresh residual there is no last change to orthogonalise against.
            self._beta = -self._step * change / self._energy if self._step else energy / self._energy
        scalars: tuple[float, ...] = (self._step, self._beta, shift)
        levels.launch(ke.advance, self._mesh.inverse, (field.z, field.p, self._y), scalars)
        levels.product(0, self._beta, shift)
        curvature, _ = levels.dots(field.p, field.q, field.r)
        self._flow = flow + self._beta * self._flow
        # Where only rounding is left there may be nothing to step along.
        self._step = energy / curvature if curvature > 0 else 0.0
        self._whole -= self._step * self._flow
        self._energy = energy
        self.iterations += 1
