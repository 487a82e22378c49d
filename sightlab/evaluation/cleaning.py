"""How good a cleaner is, with intervals, where wrong photos are known."""

from __future__ import annotations

import pandas as pd

from sightlab.evaluation.intervals import bootstrap_by_landmark, wilson
from sightlab.evaluation.metrics import auroc
from sightlab.learning.cleaning import cleaning_quality


def cleaning_numbers(
    cleaned: pd.DataFrame, wrong_photo_ids: set[str], prefix: str = ""
) -> dict[str, float | None]:
    """Flat results of one cleaning.

    Args:
        cleaned: verdicts, from `clean`.
        wrong_photo_ids: photos known to be wrong; empty: nobody knows, and only counts are reported.
        prefix: before every key, to tell two cleanings apart.
    Returns:
        n_judged, n_dropped, threshold; and cleaning_auroc (bootstrap by landmark), noise_dropped,
        clean_dropped (Wilson), each with _low and _high (95 %), None where no wrong photo is known.
    """
    numbers: dict[str, float | None] = {
        "n_judged": len(cleaned),
        "n_dropped": int((~cleaned["keep"]).sum()),
        "threshold": float(cleaned["threshold"].mean()),
    }
    keys = ("cleaning_auroc", "noise_dropped", "clean_dropped")
    judged = cleaned[cleaned["score"].notna()].reset_index(drop=True)
    is_wrong = judged["photo_id"].isin(wrong_photo_ids)
    if not is_wrong.any() or is_wrong.all():
        numbers |= {f"{key}{end}": None for key in keys for end in ("", "_low", "_high")}
        return {prefix + key: value for key, value in numbers.items()}
    quality = cleaning_quality(judged, wrong_photo_ids)
    low, high = bootstrap_by_landmark(
        lambda rows: _auroc(judged, is_wrong, rows),
        judged["landmark_id"].to_numpy(dtype=object),
        n_resamples=500,
    )
    numbers |= {"cleaning_auroc_low": float(low[0]), "cleaning_auroc_high": float(high[0])}
    for key, mask in (("noise_dropped", is_wrong), ("clean_dropped", ~is_wrong)):
        n = int(mask.sum())
        numbers[f"{key}_low"], numbers[f"{key}_high"] = wilson(int((mask & ~judged["keep"]).sum()), n)
    return {prefix + key: value for key, value in (numbers | quality).items()}


def _auroc(judged: pd.DataFrame, is_wrong: pd.Series, rows) -> float:
    wrong = is_wrong.to_numpy()[rows]
    return float("nan") if wrong.all() or not wrong.any() else auroc(judged["score"].to_numpy()[rows], wrong)
