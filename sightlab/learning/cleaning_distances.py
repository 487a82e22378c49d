"""Distances to references, and the threshold of equal error, block by block.

Every photo against every landmark is N x C numbers, 44 GB for a million photos of 11,000 landmarks, and the
equal-error rule only counts them. So they are made in blocks that fit the processor's cache, counted and
forgotten; what is kept grows with N. Where only the own landmark matters, only that one is looked at.

Shapes: N photos, C landmarks, R references of a landmark, D embedding size.
Source: Boiarov & Tyantov 2019 (article). The equal-error rule and counting it in one pass: ours.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from jaxtyping import Float, Int

from sightlab.checks import InputError

BLOCK = 1024  # photos, and landmarks, of one block: 4 MB
SAMPLE = 1 << 22  # distances that say where the threshold must be, before all are counted
MARGIN = 0.01  # by which the share that the sample says may be wrong; more costs another pass


def mean_reference_distances(
    vectors: Float[np.ndarray, "N D"], references: Sequence[Float[np.ndarray, "_ D"]]
) -> Float[np.ndarray, "N C"]:
    """Mean Euclidean distance of every photo to the references of every landmark.

    Args:
        vectors: (N, D) unit rows.
        references: C arrays (R, D) of unit rows, R >= 1.
    Returns:
        (N, C) in [0, 2], lower = closer.
    """
    columns = [_mean_distances(vectors, own) for own in references]
    return np.stack(columns, axis=1) if columns else np.empty((len(vectors), 0), vectors.dtype)


def own_reference_distances(
    vectors: Float[np.ndarray, "N D"],
    references: Sequence[Float[np.ndarray, "_ D"]],
    column: Int[np.ndarray, " N"],
) -> Float[np.ndarray, " N"]:
    """Mean distance of every photo to the references of the landmark it is filed under.

    Args:
        column: (N,) which of the C landmarks; -1: none.
    Returns:
        (N,) in [0, 2], lower = closer; NaN where column is -1.
    """
    found = np.full(len(vectors), np.nan)
    for landmark, rows in rows_by_landmark(column):
        if landmark >= 0:
            found[rows] = _mean_distances(vectors[rows], references[landmark])
    return found


def rows_by_landmark(column: Int[np.ndarray, " N"]) -> Iterator[tuple[int, Int[np.ndarray, " _"]]]:
    """Each number in `column`, ascending, with its rows, ascending: one sort, not a search for each."""
    order = np.argsort(column, kind="stable")
    landmarks, starts = np.unique(column[order], return_index=True)
    stops = np.append(starts, len(order))[1:]
    for landmark, start, stop in zip(landmarks, starts, stops, strict=True):
        yield int(landmark), order[start:stop]


def equal_error_threshold(own: Float[np.ndarray, " N"], others: Float[np.ndarray, " M"]) -> float:
    """The distance at which as large a share of own photos is dropped as of other landmarks' photos is kept.

    Nobody says how dirty a database is, but photos of *other* landmarks show what a wrong photo looks
    like. The rule needs no labels, no parameter, and moves with the network.

    Args:
        own: distances of photos to the references of the landmark that they are filed under.
        others: distances of the same photos to the references of all other landmarks.
    Raises:
        InputError: either is empty (a single landmark has no others: give a threshold yourself).
    Source: ours.
    """
    if len(own) == 0 or len(others) == 0:
        raise InputError(
            f"the equal-error rule compares own with other landmarks; got {len(own)} own and {len(others)} "
            "other distances. Give CleaningConfig(threshold=...) where there is only one landmark."
        )
    own, others = np.sort(own), np.sort(others)
    let_in = np.searchsorted(others, own, side="right") / len(others)  # rises
    return float(own[np.argmin(np.abs(_dropped(own) - let_in))])


def equal_error_of_all(
    vectors: Float[np.ndarray, "N D"],
    references: Sequence[Float[np.ndarray, "_ D"]],
    column: Int[np.ndarray, " N"],
    own: Float[np.ndarray, " N"],
    counting: Callable[..., Int[np.ndarray, " K"]] | None = None,
) -> float:
    """`equal_error_threshold` of photos against all other landmarks, without ever holding those distances.

    The share dropped falls and the share let in rises with the threshold, so only own distances near the
    crossing matter. A sample of the photos says where that is; one pass over all pairs counts how many are
    below, and between which of the few candidates the others lie. Where the sample was wrong, the pass is
    repeated beside it.

    Args:
        column: (N,) the landmark each photo is filed under, 0..C-1, C >= 2.
        own: (N,) from `own_reference_distances`.
        counting: does what `counted` does, elsewhere; None: this process does it.
    Returns:
        One of `own`, the same as from the whole table of distances.
    Source: ours.
    """
    candidates = np.sort(own).astype(vectors.dtype)  # exact: the same arithmetic made them
    n_pairs = len(vectors) * (len(references) - 1)
    dropped = _dropped(candidates)
    groups = _same_number_of_references(references)
    first, last = 0, len(candidates) - 1
    if len(vectors) * len(references) > SAMPLE:
        some = np.arange(0, len(vectors), -(-len(vectors) * len(references) // SAMPLE))
        counts = counted(vectors[some], groups, column[some], candidates)
        share = np.cumsum(counts) / (len(some) * (len(references) - 1))
        first = int(np.searchsorted(share - dropped, -MARGIN, side="left")) - 1
        last = int(np.searchsorted(share - dropped, MARGIN, side="left"))
        first, last = max(first, 0), min(last, len(candidates) - 1)
    while True:
        counts = (counting or counted)(vectors, groups, column, candidates[first : last + 1])
        gap = dropped[first : last + 1] - np.cumsum(counts) / n_pairs  # falls
        if gap[0] <= 0 and first > 0:
            first, last = max(0, 2 * first - last - 1), first
        elif gap[-1] > 0 and last < len(candidates) - 1:
            first, last = last, min(len(candidates) - 1, 2 * last - first + 1)
        else:
            return float(candidates[first + np.argmin(np.abs(gap))])


def _mean_distances(vectors: np.ndarray, own: np.ndarray) -> np.ndarray:
    if len(own) == 0:
        raise InputError("a landmark has no reference embedding; leave it out or add rows to references.csv.")
    squared = 2 - 2 * vectors @ own.T  # (N, R)
    return np.sqrt(np.maximum(squared, 0)).mean(axis=1)


def _dropped(candidates: np.ndarray) -> np.ndarray:
    """Share of the own distances above each of them; they are sorted, so it falls."""
    return 1 - np.searchsorted(candidates, candidates, side="right") / len(candidates)


def _same_number_of_references(references: Sequence[np.ndarray]) -> list[tuple[np.ndarray, np.ndarray]]:
    """Landmarks in blocks with the same R: (c,) their columns and (R, D, c) their references."""
    number = np.array([len(own) for own in references])
    groups = []
    for _, columns in rows_by_landmark(number):
        for start in range(0, len(columns), BLOCK):
            block = columns[start : start + BLOCK]
            own = np.stack([references[c] for c in block])  # (c, R, D)
            groups.append((block, np.ascontiguousarray(own.transpose(1, 2, 0))))
    return groups


def counted(vectors, groups, column, candidates) -> Int[np.ndarray, " K"]:
    """How many distances to other landmarks are at most each candidate and above the one before it.

    Args:
        vectors: (N, D) unit rows.
        groups: landmarks with the same R: (c,) their columns and (R, D, c) their references.
        column: (N,) the landmark each photo is filed under, whose distances are not counted.
        candidates: (K,) distances, ascending.
    """
    counts = np.zeros(len(candidates), np.int64)
    last = candidates[-1]
    for start in range(0, len(vectors), BLOCK):
        rows, mine = vectors[start : start + BLOCK], column[start : start + BLOCK]
        for columns, references in groups:
            distances = _block(rows, references)
            distances[mine[:, None] == columns] = np.inf  # its own landmark is no other one
            below = distances <= candidates[0]
            counts[0] += np.count_nonzero(below)
            between = distances[(distances <= last) & ~below]
            counts += np.bincount(np.searchsorted(candidates, between), minlength=len(candidates))
    return counts


def _block(rows: np.ndarray, references: np.ndarray) -> np.ndarray:
    """(B, c) mean distances, added up reference by reference as `mean` does."""
    total = None
    for own in references:
        distances = rows @ own
        distances *= -2
        distances += 2
        np.maximum(distances, 0, out=distances)
        np.sqrt(distances, out=distances)
        if total is None:
            total = distances
        else:
            total += distances
    total /= len(references)
    return total
