"""Short vectors for numba kernels: eight or sixteen float32 in one register, loaded and stored whole.

LLVM vectorises a loop by itself only where it can prove that arrays do not overlap, which it cannot for
the stencils and sweeps here. A kernel written with these needs no proof. On a processor with narrower
registers LLVM splits each operation.

``load8(array, i)`` reads ``array[i : i + 8]`` of a flat array, ``store(array, i, v)`` writes a vector;
neither checks bounds. Plain twins: slices of NumPy arrays.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import njit, types
from numba.core import cgutils
from numba.core.datamodel import models
from numba.extending import intrinsic, register_model

#: Compiled once and kept on disk; runs without Python's lock, so that threads share the work; a product
#: and a sum may be rounded together.
kernel: Any = njit(nogil=True, cache=True, fastmath={"contract"}, error_model="numpy")


#: What a vector operation becomes in LLVM's language.
primitive: Any = intrinsic


class VectorType(types.Type):
    """Numba's type of a vector of `width` float32."""

    def __init__(self, width: int) -> None:
        self.width = width
        super().__init__(name=f"Float32x{width}")


@register_model(VectorType)
class _VectorModel(models.PrimitiveModel):
    def __init__(self, manager: Any, kind: VectorType) -> None:
        super().__init__(manager, kind, ir.VectorType(ir.FloatType(), kind.width))


def _address(context: Any, builder: Any, array_type: Any, array: Any, index: Any) -> Any:
    data = cgutils.create_struct_proxy(array_type)(context, builder, array).data
    return builder.gep(data, [index])


def _splat(builder: Any, scalar: Any, width: int) -> Any:
    kind = ir.VectorType(ir.FloatType(), width)
    one = builder.insert_element(ir.Constant(kind, ir.Undefined), scalar, ir.Constant(ir.IntType(32), 0))
    zeros = ir.Constant(ir.VectorType(ir.IntType(32), width), [0] * width)
    return builder.shuffle_vector(one, ir.Constant(kind, ir.Undefined), zeros)


def _loader(width: int) -> Any:
    kind = VectorType(width)

    @primitive
    def load(typing: Any, array: Any, index: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            place = _address(context, builder, signature.args[0], *arguments)
            vector = ir.VectorType(ir.FloatType(), width)
            return builder.load(builder.bitcast(place, vector.as_pointer()), align=4)

        return kind(array, types.intp), generate

    return load


load8, load16 = _loader(8), _loader(16)


@primitive
def store(typing: Any, array: Any, index: Any, vector: Any) -> Any:
    """Write a vector to ``array[index : index + width]``."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        place = _address(context, builder, signature.args[0], *arguments[:2])
        builder.store(arguments[2], builder.bitcast(place, arguments[2].type.as_pointer()), align=4)
        return context.get_dummy_value()

    return types.void(array, types.intp, vector), generate


class _WideType(types.Type):
    """Numba's type of a vector of eight float64."""

    def __init__(self) -> None:
        super().__init__(name="Float64x8")


@register_model(_WideType)
class _WideModel(models.PrimitiveModel):
    def __init__(self, manager: Any, kind: _WideType) -> None:
        super().__init__(manager, kind, _WIDE)


_WIDE = ir.VectorType(ir.DoubleType(), 8)


@primitive
def wide8(typing: Any, array: Any, index: Any) -> Any:
    """Return ``array[index : index + 8]`` of float32 or float64 as float64."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        place = _address(context, builder, signature.args[0], *arguments)
        if signature.args[0].dtype == types.float64:
            return builder.load(builder.bitcast(place, _WIDE.as_pointer()), align=8)
        narrow = ir.VectorType(ir.FloatType(), 8)
        return builder.fpext(builder.load(builder.bitcast(place, narrow.as_pointer()), align=4), _WIDE)

    return _WideType()(array, types.intp), generate


@primitive
def store_narrow(typing: Any, array: Any, index: Any, vector: Any) -> Any:
    """Write a vector of float64 to ``array[index : index + 8]``, rounded to float32."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        narrow = ir.VectorType(ir.FloatType(), 8)
        place = _address(context, builder, signature.args[0], *arguments[:2])
        rounded = builder.fptrunc(arguments[2], narrow)
        builder.store(rounded, builder.bitcast(place, narrow.as_pointer()), align=4)
        return context.get_dummy_value()

    return types.void(array, types.intp, vector), generate


def _splatter(width: int) -> Any:
    kind = VectorType(width)

    @primitive
    def splat(typing: Any, scalar: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            return _splat(builder, arguments[0], width)

        return kind(types.float32), generate

    return splat


splat8, splat16 = _splatter(8), _splatter(16)


def _binary(name: str) -> Any:
    @primitive
    def operation(typing: Any, a: Any, b: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            return getattr(builder, name)(*arguments)

        return a(a, b), generate

    return operation


add, sub, mul = _binary("fadd"), _binary("fsub"), _binary("fmul")


@primitive
def larger(typing: Any, a: Any, b: Any) -> Any:
    """Return the larger of each two elements."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.select(builder.fcmp_ordered(">", *arguments), *arguments)

    return a(a, b), generate


@primitive
def reciprocal(typing: Any, a: Any) -> Any:
    """Return one over each element, 0 for an element of 0."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        kind = arguments[0].type
        one, zero = (ir.Constant(kind, [float(x)] * kind.count) for x in (1, 0))
        positive = builder.fcmp_ordered("!=", arguments[0], zero)
        return builder.select(positive, builder.fdiv(one, arguments[0]), zero)

    return a(a), generate


@primitive
def fma(typing: Any, a: Any, b: Any, c: Any) -> Any:
    """Return ``a * b + c``, rounded once where the processor can."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        product = builder.fmul(arguments[0], arguments[1], flags=("contract",))
        return builder.fadd(product, arguments[2], flags=("contract",))

    return a(a, b, c), generate


@primitive
def total(typing: Any, a: Any) -> Any:
    """Return the sum of the elements as float32."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        kind = arguments[0].type
        name = f"llvm.vector.reduce.fadd.v{kind.count}f32"
        signature_ = ir.FunctionType(ir.FloatType(), [ir.FloatType(), kind])
        function = cgutils.get_or_insert_function(builder.module, signature_, name)
        return builder.call(
            function, [ir.Constant(ir.FloatType(), 0.0), arguments[0]], fastmath=("reassoc",)
        )

    return types.float32(a), generate
