"""All systems of notebook 08 in one table, on the same test queries; the slow ones only on request."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd

from sightlab.checks import check_choice
from sightlab.delf.learned import KINDS
from sightlab.pipeline_delf import Rival
from sightlab.pipeline_delf_hybrid import KEYS, has_hybrid, hybrid_rows

STRONG, APPROXIMATE = "strong", "ivf"
# on request: DELF with longer descriptors, with an approximate index, the centroids with other local features
MORE = (STRONG, APPROXIMATE, *KINDS)
STRONG_DIM = 128
_INDEXED = "DELF, approximate index"


def strong(rival: Rival) -> Rival:
    """DELF with descriptors of 128 numbers: head, features and answers of its own."""
    return Rival(rival.bench, replace(rival.settings, dim=STRONG_DIM))


def approximate(rival: Rival) -> Rival:
    """DELF with inverted lists (the extra `search`): faster on a large database, but loses neighbors."""
    return Rival(rival.bench, replace(rival.settings, index=replace(rival.settings.index, kind=APPROXIMATE)))


def stored_rows(rival: Rival) -> list[str]:
    """Those of `MORE` whose answers the workspace holds; nothing is computed."""
    others = {STRONG: strong, APPROXIMATE: approximate}
    kept = [name for name, made in others.items() if made(rival).has_evaluation]
    return kept + [kind for kind in KINDS if has_hybrid(rival, kind)]


def method_rows(rival: Rival, more: Sequence[str] = ()) -> pd.DataFrame:
    """A row for every system: centroids, DELF, the hybrid of both, those stored and those asked for.

    Args:
        more: of `MORE`, computed if they are not stored. "strong" doubles the time of the notebook; "ivf"
            wants faiss; "aliked" compares a pair of photos in a tenth of a second or more.
    Returns:
        system, the keys of `KEYS` on test, and sensitivity and fpr at the threshold that tune chose; for
        hybrids the other columns of `hybrid_rows`, NaN for the others.
    """
    for name in more:
        check_choice(name, "more", MORE)
    held = stored_rows(rival)
    more = [name for name in MORE if name in more or name in held]
    evaluations = {"centroids": rival.centroids, "DELF": rival.evaluation}
    if STRONG in more:
        evaluations[f"DELF, {STRONG_DIM} numbers"] = strong(rival).evaluation
    if APPROXIMATE in more:
        evaluations[_INDEXED] = approximate(rival).evaluation
    keys = (*KEYS, "sensitivity", "fpr")
    rows = [{"system": name} | {key: one.numbers[key] for key in keys} for name, one in evaluations.items()]
    kinds = ("delf", *(name for name in more if name in KINDS))
    return pd.concat([pd.DataFrame(rows), hybrid_rows(rival, kinds)], ignore_index=True)


def row_numbers(rows: pd.DataFrame) -> dict[str, float]:
    """delf_strong_<key>, delf_ivf_<key>, where asked for; the others' numbers have keys of their own."""
    by = rows.set_index("system")
    names = {STRONG: f"DELF, {STRONG_DIM} numbers", APPROXIMATE: _INDEXED}
    return {
        f"delf_{name}_{key}": float(by.loc[words, key])
        for name, words in names.items()
        for key in KEYS
        if words in by.index
    }
