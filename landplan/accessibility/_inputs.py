"""What comes in at the room's door: amounts by id, cutoffs, decays, a matrix; and what is wrong with them, in one sentence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from landplan.accessibility.decay import Decay, Weight
from landplan.errors import LayerError
from landplan.kernels import weighing

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from landplan.od import ODMatrix

__all__ = ["amounts_of", "arrays", "checked", "code_of", "cutoffs_of", "minutes_of", "named"]


def amounts_of(ids: pd.Index, given: pd.Series, name: str, places: str = "destinations") -> NDArray[np.float64]:
    """Return what is given for each id, in the ids' order: finite and not negative.

    Raises
    ------
    LayerError
        If an id has no amount, or an amount is not a number from 0 up.
    """
    import pandas as pd

    if not isinstance(given, pd.Series):
        raise LayerError(
            f"{name} must be a pandas Series indexed by the ids of the {places}, got {type(given).__name__}; "
            "make one with table.set_index(id)[column]"
        )
    if given.index.has_duplicates:
        twice = given.index[given.index.duplicated()].unique()
        raise LayerError(f"{name} names {len(twice)} ids more than once (first: {twice[:3].tolist()}); add their rows together first, with groupby(level=0).sum()")
    try:
        # a copy that may be written: kernels are compiled anew for arrays that may not
        amounts = np.array(pd.to_numeric(given.reindex(ids)).to_numpy(np.float64, na_value=np.nan))
    except (TypeError, ValueError):
        raise LayerError(f"{name} must be numbers, got the type {given.dtype}; convert it with pandas.to_numeric") from None
    missing = ids[np.isnan(amounts)]
    if len(missing):
        kinds = ""
        if len(missing) == len(ids) and given.index.dtype != ids.dtype:
            kinds = f", or make the ids of one type: they are {given.index.dtype} here and {ids.dtype} in the matrix"
        raise LayerError(
            f"{name} lacks {len(missing)} of {len(ids)} {places} (first: {missing[:3].tolist()}); give 0 where there are none{kinds}"
        )
    bad = ids[~((amounts >= 0) & (amounts < np.inf))]
    if len(bad):
        raise LayerError(
            f"{name} must be finite and not negative, but {len(bad)} of {len(ids)} {places} are not (first: {bad[:3].tolist()}); "
            "give 0 where there are none"
        )
    return amounts


def checked(od: ODMatrix) -> None:
    """Refuse a matrix that the kernels cannot be trusted with.

    Raises
    ------
    LayerError
        If minutes are negative or not finite, or a row's destinations do not rise.
    """
    if od.indptr.size != od.shape[0] + 1 or od.indptr[0] != 0 or (np.diff(od.indptr) < 0).any() or od.indptr[-1] != od.dest.size or od.dest.size != od.minutes.size:
        raise LayerError("the OD matrix's arrays do not fit together; build it with ODMatrix.from_dense or ODMatrix.from_long")
    kind = weighing.faults(*arrays(od), od.shape[1])
    for fault, what in ((1, "minutes that are negative, infinite or empty"), (2, "destinations that do not rise or do not exist")):
        rows = od.origin_ids[(kind & fault) > 0]
        if len(rows):
            raise LayerError(
                f"{len(rows)} of {od.shape[0]} origins of the OD matrix have {what} (first: {rows[:3].tolist()}); "
                "build it with ODMatrix.from_dense or ODMatrix.from_long, which leave unreachable pairs out"
            )


def arrays(od: ODMatrix) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float32]]:
    """Return the matrix' arrays as the kernels take them."""
    return (
        np.ascontiguousarray(od.indptr, np.int64),
        np.ascontiguousarray(od.dest, np.int32),
        np.ascontiguousarray(od.minutes, np.float32),
    )


def code_of(decay: Weight, od: ODMatrix) -> weighing.Code:
    """Return a decay as the kernels read it; a function of the caller's own is called once, on all pairs' minutes.

    Raises
    ------
    LayerError
        If it is not a function, or gives weights that are negative, not finite or not one a pair.
    """
    if isinstance(decay, Decay):
        return decay.code()
    if not callable(decay):
        raise LayerError(f"decay must be a function of minutes, got {decay!r}; give for instance decay.exponential(0.1)")
    given = np.asarray(decay(od.minutes), np.float64)
    if given.shape != od.minutes.shape:
        raise LayerError(f"decay must give one weight a pair, but gave {given.shape} for {od.minutes.shape}; it takes an array and returns one of its shape")
    bad = ~((given >= 0) & (given < np.inf))
    if bad.any():
        raise LayerError(
            f"decay gave weights that are negative or not finite for {int(bad.sum())} of {bad.size} pairs "
            f"(first at {float(od.minutes[int(np.argmax(bad))]):g} minutes); give the nearest pairs a floor, as decay.power does below one minute"
        )
    none = np.empty(0)
    return weighing.Code(weighing.KINDS.index("given"), none, none.astype(np.float32), none, np.ascontiguousarray(given))


def minutes_of(value: float, name: str, *, least: float = 0.0) -> float:
    """Return a number of minutes that is finite and at least so many.

    Raises
    ------
    LayerError
        If it is not.
    """
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = np.nan
    if not least <= number < np.inf:
        raise LayerError(f"{name} must be finite minutes from {least:g} up, got {value!r}; give for instance 30")
    return number


def cutoffs_of(cutoff_min: float | Sequence[float]) -> NDArray[np.float64]:
    """Return cutoffs as an array.

    Raises
    ------
    LayerError
        If there is none, one is twice there, or one is not finite minutes from 0 up.
    """
    many = np.atleast_1d(np.asarray(cutoff_min, dtype=object))
    if not many.size or many.ndim != 1:
        raise LayerError(f"cutoff_min must be one or several numbers of minutes, got {cutoff_min!r}; give for instance [15, 30, 45]")
    cutoffs = np.array([minutes_of(c, "cutoff_min") for c in many])
    if np.unique(cutoffs).size < cutoffs.size:
        raise LayerError(f"cutoff_min names the same minutes twice in {cutoffs.tolist()}; give each once, for it names a column")
    return cutoffs


def named(given: pd.Series, otherwise: str) -> str:
    """Return a Series' name for the names of results."""
    return otherwise if given.name in (None, "") else str(given.name)
