"""What numba has no words for: an atomic counter, bits of a word, and rows of times as machine vectors.

The one module that speaks llvmlite. A row holds one time for each of 16 sources in 32 bits, or of 64 sources
in 16 bits; adding never wraps (32-bit times stay below 2**31, 16-bit ones stop at 65 535) and the smaller is
taken without signs. LLVM does not make vectors of the natural loop, because the rows might overlap. Everything
here has a plain twin, used when compiling is switched off and compared with in the tests. A word of 64 bits is an
int64: numba makes a float of an unsigned and a signed number together.
"""

from __future__ import annotations

from ctypes import c_void_p, cast
from typing import Any

import numba
import numpy as np
from llvmlite import ir
from numba import (  # type: ignore[attr-defined]
    carray,
    types,
)
from numba.core import cgutils
from numba.extending import intrinsic

__all__ = [
    "ARCS",
    "BLOCK",
    "LANES",
    "carray",
    "fetch",
    "fetch_add",
    "fill_block",
    "lower_row",
    "lowest",
    "memory_at",
    "ones",
    "pack_word",
    "put_row",
    "rest",
    "sweep_row",
]

PLAIN = bool(numba.config.DISABLE_JIT)  # type: ignore[attr-defined]
LANES = {np.dtype(np.int32): 16, np.dtype(np.uint16): 64}
BLOCK = 16  # cells that `fill_block` writes
ARCS = 4  # a row's arcs are a multiple of so many, the last one repeated


def _fetch_add(array, index, value):  # type: ignore[no-untyped-def]
    """Add to one entry and return what it was before."""
    old = array[index]
    array[index] += value
    return old


def _pack_word(cells, at):  # type: ignore[no-untyped-def]
    """Bits of 64 cells of uint8, from `at` on: whether each is above 0, the first lowest."""
    return np.packbits(cells[at : at + 64] != 0, bitorder="little").view(np.int64)[0]


def _ones(word):  # type: ignore[no-untyped-def]
    """Bits of a word that are set."""
    return int(word).bit_count() if word >= 0 else 64 - (~int(word)).bit_count()


def _lowest(word):  # type: ignore[no-untyped-def]
    """Place of the lowest bit set; 64 if none is."""
    return (int(word) & -int(word)).bit_length() - 1 if word else 64


def _rest(word):  # type: ignore[no-untyped-def]
    """A word without its lowest bit set."""
    return np.int64(int(word) & (int(word) - 1) if word != np.iinfo(np.int64).min else 0)


def _fill_block(out, at, value):  # type: ignore[no-untyped-def]
    """Write a value to 16 entries of int32, from `at` on."""
    out[at : at + BLOCK] = value


def _fetch(array, at):  # type: ignore[no-untyped-def]
    """Nothing that can be seen."""


def _added(row, time):  # type: ignore[no-untyped-def]
    """Row plus a time, stopping at the type's unreached."""
    return np.minimum(row.astype(np.int64) + int(time), np.iinfo(row.dtype).max).astype(row.dtype)


def _lower_row(rows, high, low, time):  # type: ignore[no-untyped-def]
    """Lower one row to another plus a time, where that is less; tell whether it was anywhere."""
    through = _added(rows[low], time)
    less = bool((through < rows[high]).any())
    rows[high] = np.minimum(rows[high], through)
    return less


def _sweep_row(rows, row, arcs, begin, end, fresh):  # type: ignore[no-untyped-def]
    """Set a row to the least of its arcs' heads plus their times (and itself, unless it is fresh).

    The arcs come in fours; so few rows have more that the processor guesses right when to stop.
    """
    if fresh:
        rows[row] = np.iinfo(rows.dtype).max
    for k in range(begin, end):
        _lower_row(rows, row, arcs[k, 0], arcs[k, 1])


def _put_row(rows, row, out, at):  # type: ignore[no-untyped-def]
    """Write one row to the answer, all lanes side by side from entry `at` on."""
    out[at : at + rows.shape[1]] = rows[row]


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

    def at(self, row: Any) -> Any:
        index = self.builder.mul(row, ir.Constant(row.type, self.lanes))
        return self.builder.bitcast(self.builder.gep(self.data, [index]), self.vector.as_pointer())

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
        return builder.trunc(
            builder.select(builder.icmp_signed("<", scalar, wide), scalar, wide), self.element
        )

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


def _memory_at(address):  # type: ignore[no-untyped-def]
    """A pointer, for `carray`."""
    return cast(int(address), c_void_p)


if PLAIN:
    fetch_add, lower_row, put_row, sweep_row = _fetch_add, _lower_row, _put_row, _sweep_row
    pack_word, ones, lowest, rest, fill_block = _pack_word, _ones, _lowest, _rest, _fill_block
    fetch, memory_at = _fetch, _memory_at
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
    def pack_word(typingctx, cells, at):  # type: ignore[no-untyped-def]
        """Bits of 64 cells of uint8, from `at` on: whether each is above 0, the first lowest."""
        signature = types.int64(cells, types.int64)

        def codegen(context, builder, sig, args):  # type: ignore[no-untyped-def]
            vector = ir.VectorType(ir.IntType(8), 64)
            data = context.make_array(sig.args[0])(context, builder, args[0]).data
            some = builder.load(builder.bitcast(builder.gep(data, [args[1]]), vector.as_pointer()), align=1)
            return builder.bitcast(
                builder.icmp_unsigned("!=", some, ir.Constant(vector, [0] * 64)), ir.IntType(64)
            )

        return signature, codegen

    @intrinsic
    def ones(typingctx, word):  # type: ignore[no-untyped-def]
        """Bits of a word that are set."""
        return types.int64(types.int64), lambda context, builder, sig, args: builder.ctpop(args[0])

    @intrinsic
    def lowest(typingctx, word):  # type: ignore[no-untyped-def]
        """Place of the lowest bit set; 64 if none is."""
        false = ir.Constant(ir.IntType(1), 0)
        return types.int64(types.int64), lambda context, builder, sig, args: builder.cttz(args[0], false)

    @intrinsic
    def rest(typingctx, word):  # type: ignore[no-untyped-def]
        """A word without its lowest bit set."""
        one = ir.Constant(ir.IntType(64), 1)
        return types.int64(types.int64), lambda context, builder, sig, args: builder.and_(
            args[0], builder.sub(args[0], one)
        )

    @intrinsic
    def fetch(typingctx, array, at):  # type: ignore[no-untyped-def]
        """Ask for the cache line of entry `at`, to read or write soon; a place past the end is asked for in vain and harms nothing."""
        signature = types.void(array, types.int64)

        def codegen(context, builder, sig, args):  # type: ignore[no-untyped-def]
            word, byte = ir.IntType(32), ir.IntType(8).as_pointer()
            data = context.make_array(sig.args[0])(context, builder, args[0]).data
            function = cgutils.get_or_insert_function(
                builder.module, ir.FunctionType(ir.VoidType(), [byte, word, word, word]), "llvm.prefetch.p0i8"
            )
            # what is written is asked for as owned, which saves asking again
            write = word(int(sig.args[0].mutable))
            builder.call(function, [builder.bitcast(builder.gep(data, [args[1]]), byte), write, word(3), word(1)])
            return context.get_dummy_value()

        return signature, codegen

    @intrinsic
    def memory_at(typingctx, address):  # type: ignore[no-untyped-def]
        """A pointer, for `carray`: arrays of any number and of different types are handed over as numbers."""
        return types.voidptr(types.int64), lambda context, builder, sig, args: builder.inttoptr(args[0], cgutils.voidptr_t)

    @intrinsic
    def fill_block(typingctx, out, at, value):  # type: ignore[no-untyped-def]
        """Write a value to 16 entries of int32, from `at` on."""
        signature = types.void(out, types.int64, types.int32)

        def codegen(context, builder, sig, args):  # type: ignore[no-untyped-def]
            vector, word = ir.VectorType(ir.IntType(32), BLOCK), ir.IntType(32)
            data = context.make_array(sig.args[0])(context, builder, args[0]).data
            one = builder.insert_element(ir.Constant(vector, ir.Undefined), args[2], ir.Constant(word, 0))
            block = builder.shuffle_vector(one, one, ir.Constant(vector, [0] * BLOCK))
            builder.store(block, builder.bitcast(builder.gep(data, [args[1]]), vector.as_pointer()), align=4)
            return context.get_dummy_value()

        return signature, codegen

    @intrinsic
    def lower_row(typingctx, rows, high, low, time):  # type: ignore[no-untyped-def]
        """Lower one row to another plus a time, where that is less; tell whether it was anywhere."""
        signature = types.boolean(rows, types.int64, types.int64, types.int32)

        def codegen(context, builder, sig, args):  # type: ignore[no-untyped-def]
            view = _Rows(context, builder, sig.args[0], args[0])
            through = view.add(view.load(args[2]), view.splat(view.time(args[3])))
            before = view.load(args[1])
            less = builder.icmp_unsigned("<", through, before)
            view.store(args[1], builder.select(less, through, before))
            lanes = ir.IntType(view.lanes)
            return builder.icmp_unsigned("!=", builder.bitcast(less, lanes), ir.Constant(lanes, 0))

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
    def put_row(typingctx, rows, row, out, at):  # type: ignore[no-untyped-def]
        """Write one row to the answer, all lanes side by side from entry `at` on.

        It goes past the cache, which saves reading what is overwritten: memory must begin at a cache line.
        """
        signature = types.void(rows, types.int64, out, types.int64)

        def codegen(context, builder, sig, args):  # type: ignore[no-untyped-def]
            view = _Rows(context, builder, sig.args[0], args[0])
            out = context.make_array(sig.args[2])(context, builder, args[2]).data
            target = builder.bitcast(builder.gep(out, [args[3]]), view.vector.as_pointer())
            past = builder.store(view.load(args[1]), target, align=64)
            past.set_metadata("nontemporal", builder.module.add_metadata([ir.Constant(ir.IntType(32), 1)]))
            return context.get_dummy_value()

        return signature, codegen
