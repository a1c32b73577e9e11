"""What numba has no words for: an atomic counter, and rows of times as machine vectors.

The one module that speaks llvmlite. Everything here has a plain twin, used when compiling is switched off
and compared with in the tests.
"""

from __future__ import annotations

import numba
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

__all__ = ["fetch_add"]

PLAIN = bool(numba.config.DISABLE_JIT)


def _fetch_add(array, index, value):  # type: ignore[no-untyped-def]
    """Add to one entry and return what it was before."""
    old = array[index]
    array[index] += value
    return old


if PLAIN:
    fetch_add = _fetch_add
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
