"""What a network forgets while it learns further regions, and what only became harder.

A region's sensitivity falls for two reasons. The network judges its landmarks worse: *forgotten*. Or there
are more landmarks to be mistaken for, and distractors find a nearer one: *crowded*. The network after the
last stage, asked with the landmarks of an earlier one, tells them apart: change = forgotten + crowded.

Answers are tables of photo_id, region, truth, best (landmark), similarity; Q photos, distractors among them.
Source: ours; backward transfer after Lopez-Paz & Ranzato 2017.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from sightlab.checks import InputError
from sightlab.data.manifest import NON_LANDMARK
from sightlab.evaluation.intervals import bootstrap_by_landmark, wilson
from sightlab.evaluation.metrics import sensitivity_at_fpr

PARTS = ("change", "forgotten", "crowded")


def sensitivity_of_regions(answers: pd.DataFrame, regions: Sequence[str], fpr: float) -> pd.DataFrame:
    """Sensitivity of each region, with one threshold for all, read off the distractors.

    Returns:
        region, sensitivity, low, high (Wilson 95 %), n; NaN for a region that has no photo.
    """
    truth = answers["truth"].to_numpy(dtype=object)
    similarity = answers["similarity"].to_numpy(float)
    best = answers["best"].to_numpy(dtype=object)
    is_right = (best == truth) & (similarity > sensitivity_at_fpr(similarity, best, truth, fpr).threshold)
    rows = []
    for region in regions:
        mine = (answers["region"] == region).to_numpy() & (truth != NON_LANDMARK)
        k, n = int(is_right[mine].sum()), int(mine.sum())
        low, high = wilson(k, n) if n else (np.nan, np.nan)
        rows.append(
            {"region": region, "sensitivity": k / n if n else np.nan, "low": low, "high": high, "n": n}
        )
    return pd.DataFrame(rows, columns=["region", "sensitivity", "low", "high", "n"])


def change_of_region(
    region: str,
    own: pd.DataFrame,
    same: pd.DataFrame,
    last: pd.DataFrame,
    fpr: float = 0.01,
    n_resamples: int = 1000,
) -> dict:
    """How a region's sensitivity changed from its own stage to the last one, in parts.

    Args:
        own: answers of the network of the region's own stage, from the landmarks of that stage.
        same: of the last network, from the same landmarks.
        last: of the last network, from all landmarks.
        fpr: at which sensitivity is read off, anew in each of the three and in each resample.
    Returns:
        region, n, and for each of `PARTS` the difference of shares with _low and _high (95 %, paired
        bootstrap by landmark).
    Raises:
        InputError: a photo of `own` that the others were not asked about; no photo of the region.
    """
    asked = own[own["region"].eq(region) | own["truth"].eq(NON_LANDMARK)]
    truth = asked["truth"].to_numpy(dtype=object)
    if not (truth != NON_LANDMARK).any():
        raise InputError(
            f"Expected photos of region {region!r} among the answers; got none. "
            "Ask about a region that has some."
        )
    tables = [_aligned(table, asked["photo_id"]) for table in (own, same, last)]

    def parts(rows: np.ndarray) -> np.ndarray:
        first, kept, now = (
            sensitivity_at_fpr(similarity[rows], best[rows], truth[rows], fpr).sensitivity
            for best, similarity in tables
        )
        return np.array([now - first, kept - first, now - kept])

    low, high = bootstrap_by_landmark(parts, truth, n_resamples)
    found = {"region": region, "n": int((truth != NON_LANDMARK).sum())}
    for name, *values in zip(PARTS, parts(np.arange(len(truth))), low, high, strict=True):
        found |= dict(zip((name, f"{name}_low", f"{name}_high"), map(float, values), strict=True))
    return found


def transfer_numbers(changes: pd.DataFrame) -> dict[str, float | None]:
    """Flat results of changes, a row for each region: mean and worst, by the network and in all.

    Returns:
        backward_transfer (mean change), worst_backward_transfer, and network_transfer,
        worst_network_transfer (what was forgotten alone); the worst with _low and _high of that region, which
        was chosen for being the worst. None without rows.
    """
    numbers: dict[str, float | None] = {}
    for part, name in (("change", "backward_transfer"), ("forgotten", "network_transfer")):
        worst = changes.loc[changes[part].idxmin()] if len(changes) else None
        numbers[name] = float(changes[part].mean()) if len(changes) else None
        for end in ("", "_low", "_high"):
            numbers[f"worst_{name}{end}"] = None if worst is None else float(worst[f"{part}{end}"])
    return numbers


def _aligned(answers: pd.DataFrame, photo_ids: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    """(best, similarity) of these photos, in their order."""
    by_id = answers.set_index("photo_id")
    missing = sorted(set(photo_ids) - set(by_id.index))
    if missing:
        raise InputError(
            f"Expected answers on the same photos; {len(missing)} are missing in one of the tables, the "
            f"first is {missing[0]!r}. Ask each network about all of them."
        )
    rows = by_id.loc[photo_ids]
    return rows["best"].to_numpy(dtype=object), rows["similarity"].to_numpy(float)
