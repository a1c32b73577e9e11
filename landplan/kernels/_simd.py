"""What numba has no words for: an atomic counter, and rows of times as machine vectors.

The one module that speaks llvmlite. A row holds one time for each of 16 sources in 32 bits, or of 64 sources
in 16 bits; adding never wraps (32-bit times stay below 2**31, 16-bit ones stop at 65 535) and the smaller is
taken without signs. LLVM does not make vectors of the natural loop, because the rows might overlap. Everything
here has a plain twin, used when compiling is switched off and compared with in the tests.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

__all__ = ["ARCS", "LANES", "fetch_add", "hand_over", "lower_row", "sweep_row"]

PLAIN = bool(numba.config.DISABLE_JIT)  # type: ignore[attr-defined]
LANES = {np.dtype(np.int32): 16, np.dtype(np.uint16): 64}
BLOCK = 16
ARCS = 4  # a row's arcs are a multiple of so many, the last one repeated


def _fetch_add(array, index, value):  # type: ignore[no-untyped-def]
    """Add to one entry and return what it was before."""
    old = array[index]
    array[index] += value
    return old


def _added(row, time):  # type: ignore[no-untyped-def]
    """Row plus a time, stopping at the type's unreached."""
    return np.minimum(row.astype(np.int64) + int(time), np.iinfo(row.dtype).max).astype(row.dtype)


def _lower_row(rows, high, low, time):  # type: ignore[no-untyped-def]
    """Lower one row to another plus a time, where that is less."""
    rows[high] = np.minimum(rows[high], _added(rows[low], time))


def _sweep_row(rows, row, arcs, begin, end, fresh):  # type: ignore[no-untyped-def]
    """Set a row to the least of its arcs' heads plus their times (and itself, unless it is fresh).

    The arcs come in fours; so few rows have more that the processor guesses right when to stop.
    """
    if fresh:
        rows[row] = np.iinfo(rows.dtype).max
    for k in range(begin, end):
        _lower_row(rows, row, arcs[k, 0], arcs[k, 1])


def _hand_over(rows, local, at, out, start, place, ahead):  # type: ignore[no-untyped-def]
    """Write 16 rows to 16 neighbouring places of the answer, whose lines begin at `start`, one a lane."""
    for i in range(BLOCK):
        for k in range(rows.shape[1]):
            out[start[k] + place + i] = rows[local[at + i], k]


class _Rows:
    """A two-dimensional array seen as rows of machine vectors, while code is being made."""

    def __init__(self, context: Any, builder: Any, array_type: Any, value: Any) -> None:
        bits = array_type.dtype.bitwidth
        self.lanes = 16 if bits == 32 else 64
        self.builder = builder
        self.element = ir.IntType(bits)
        self.vector = ir.VectorType(self.element, self.lanes)
        self.data = context.make_array(array_type)(context, builder, value).data
        self.limit = ir.Constant(self.element, (1 << 31) - 1 if bits == 32 else 65_535)

    def at(self, row: Any, first: int = 0, lanes: int = 0) -> Any:
        builder = self.builder
        index = builder.add(builder.mul(row, ir.Constant(row.type, self.lanes)), ir.Constant(row.type, first))
        kind = ir.VectorType(self.element, lanes) if lanes else self.vector
        return builder.bitcast(builder.gep(self.data, [index]), kind.as_pointer())

    def load(self, row: Any) -> Any:
        return self.builder.load(self.at(row), align=self.element.width // 8)

    def store(self, row: Any, value: Any) -> None:
        self.builder.store(value, self.at(row), align=self.element.width // 8)

    def splat(self, scalar: Any) -> Any:
        builder = self.builder
        one = builder.insert_element(
            ir.Constant(self.vector, ir.Undefined), scalar, ir.Constant(ir.IntType(32), 0)
        )
        mask = ir.Constant(ir.VectorType(ir.IntType(32), self.lanes), [0] * self.lanes)
        return builder.shuffle_vector(one, one, mask)

    def time(self, scalar: Any) -> Any:
        """Bring a 32-bit time to the rows' width."""
        if self.element.width == 32:
            return scalar
        builder = self.builder
        wide = ir.Constant(scalar.type, 65_535)
        return builder.trunc(builder.select(builder.icmp_signed("<", scalar, wide), scalar, wide), self.element)

    def add(self, row: Any, time: Any) -> Any:
        if self.element.width == 32:
            return self.builder.add(row, time)
        name = f"llvm.uadd.sat.v{self.lanes}i16"
        function = cgutils.get_or_insert_function(
            self.builder.module, ir.FunctionType(self.vector, [self.vector, self.vector]), name
        )
        return self.builder.call(function, [row, time])

    def least(self, a: Any, b: Any) -> Any:
        return self.builder.select(self.builder.icmp_unsigned("<", a, b), a, b)


if PLAIN:
    fetch_add, lower_row, sweep_row, hand_over = _fetch_add, _lower_row, _sweep_row, _hand_over
else:

    @intrinsic
    def fetch_add(typingctx, array, index, value):  # type: ignore[no-untyped-def]
        """Add to one entry of an int64 array in one indivisible step and return what it was before."""
        signature = types.int64(array, types.int64, types.int64)

        def codegen(context, builder, sig, args):  # type: ignore[no-untyped-def]
            view = context.make_array(sig.args[0])(context, builder, args[0])
            place = builder.gep(view.data, [args[1]])
            return builder.atomic_rmw("add", place, args[2], "monotonic")

        return signature, codegen

    @intrinsic
    def lower_row(typingctx, rows, high, low, time):  # type: ignore[no-untyped-def]
        """Lower one row to another plus a time, where that is less."""
        signature = types.void(rows, types.int64, types.int64, types.int32)

        def codegen(context, builder, sig, args):  # type: ignore[no-untyped-def]
            view = _Rows(context, builder, sig.args[0], args[0])
            through = view.add(view.load(args[2]), view.splat(view.time(args[3])))
            view.store(args[1], view.least(view.load(args[1]), through))
            return context.get_dummy_value()

        return signature, codegen

    @intrinsic
    def sweep_row(typingctx, rows, row, arcs, begin, end, fresh):  # type: ignore[no-untyped-def]
        """Set a row to the least of its arcs' heads plus their times (and itself, unless it is fresh)."""
        signature = types.void(rows, types.int64, arcs, types.int64, types.int64, types.boolean)

        def codegen(context, builder, sig, args):  # type: ignore[no-untyped-def]
            view = _Rows(context, builder, sig.args[0], args[0])
            arcs = context.make_array(sig.args[2])(context, builder, args[2]).data
            least = cgutils.alloca_once(builder, view.vector)
            builder.store(view.splat(view.limit), least)
            with builder.if_then(builder.not_(context.cast(builder, args[5], types.boolean, types.boolean))):
                builder.store(view.load(args[1]), least)
            i64 = ir.IntType(64)
            step = ir.Constant(i64, ARCS)
            with cgutils.for_range_slice(builder, args[3], args[4], step, i64) as (k, _):
                for j in range(ARCS):
                    first = builder.mul(builder.add(k, ir.Constant(i64, j)), ir.Constant(i64, 2))
                    head = builder.zext(builder.load(builder.gep(arcs, [first])), i64)
                    time = builder.load(builder.gep(arcs, [builder.add(first, ir.Constant(i64, 1))]))
                    through = view.add(view.load(head), view.splat(view.time(time)))
                    builder.store(view.least(builder.load(least), through), least)
            view.store(args[1], builder.load(least))
            return context.get_dummy_value()

        return signature, codegen

    @intrinsic
    def hand_over(typingctx, rows, local, at, out, start, place, ahead):  # type: ignore[no-untyped-def]
        """Write 16 rows to 16 neighbouring places of the answer, whose lines begin at `start`, one a lane.

        Memory at the place `ahead` of every line is asked for, to be there when its turn comes.
        """
        signature = types.void(rows, local, types.int64, out, start, types.int64, types.int64)

        def codegen(context, builder, sig, args):  # type: ignore[no-untyped-def]
            view = _Rows(context, builder, sig.args[0], args[0])
            i32, i64, width = ir.IntType(32), ir.IntType(64), view.element.width // 8
            local, out, start = (
                context.make_array(sig.args[k])(context, builder, args[k]).data for k in (1, 3, 4)
            )
            index = []
            for i in range(BLOCK):
                entry = builder.gep(local, [builder.add(args[2], ir.Constant(i64, i))])
                index.append(builder.zext(builder.load(entry), i64))
            block = ir.VectorType(view.element, BLOCK).as_pointer()
            byte = ir.IntType(8).as_pointer()
            fetch = cgutils.get_or_insert_function(
                builder.module, ir.FunctionType(ir.VoidType(), [byte, i32, i32, i32]), "llvm.prefetch.p0i8"
            )
            for_writing = [ir.Constant(i32, 1), ir.Constant(i32, 3), ir.Constant(i32, 1)]
            for first in range(0, view.lanes, BLOCK):
                square = [builder.load(view.at(row, first, BLOCK), align=width) for row in index]
                for i, turned in enumerate(_turned(builder, square)):
                    line = builder.gep(out, [builder.load(builder.gep(start, [ir.Constant(i64, first + i)]))])
                    later = builder.bitcast(builder.gep(line, [args[6]]), byte)
                    builder.call(fetch, [later, *for_writing])
                    target = builder.bitcast(builder.gep(line, [args[5]]), block)
                    builder.store(turned, target, align=width)
            return context.get_dummy_value()

        return signature, codegen


def _turned(builder: Any, square: list[Any]) -> list[Any]:
    """Transpose a square of vectors in log2(n) steps: swap off-diagonal quarters of ever smaller squares."""
    n = len(square)
    i32 = ir.IntType(32)
    half = n // 2
    while half:
        take_low = [(j if j & half == 0 else n + (j ^ half)) for j in range(n)]
        take_high = [((j | half) if j & half == 0 else n + j) for j in range(n)]
        low = ir.Constant(ir.VectorType(i32, n), take_low)
        high = ir.Constant(ir.VectorType(i32, n), take_high)
        turned = list(square)
        for i in range(n):
            if i & half == 0:
                turned[i] = builder.shuffle_vector(square[i], square[i + half], low)
                turned[i + half] = builder.shuffle_vector(square[i], square[i + half], high)
        square = turned
        half //= 2
    return square
