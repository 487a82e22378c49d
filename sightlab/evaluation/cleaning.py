"""How good a cleaner is, with intervals, where wrong photos are known."""

from __future__ import annotations

from collections.abc import Set

import numpy as np
import pandas as pd

from sightlab.evaluation.intervals import bootstrap_by_landmark, share_by_landmark
from sightlab.evaluation.metrics import auroc


def cleaning_numbers(
    cleaned: pd.DataFrame, wrong_photo_ids: Set[str], prefix: str = "", reference_ids: Set[str] = frozenset()
) -> dict[str, float | None]:
    """Flat results of one cleaning.

    Args:
        cleaned: verdicts, from `clean`.
        wrong_photo_ids: photos known to be wrong; all others count as right, though some are dirt of their
            own. Empty: nobody knows, and only counts are reported.
        prefix: before every key, to tell two cleanings apart.
        reference_ids: references, which are kept by definition: the quality is not measured on them.
    Returns:
        n_judged (photos with a score), n_unjudged (kept without one), n_dropped, threshold (mean over the
        photos); and, over judged photos that are no references, n_noise, n_other, cleaning_auroc (score as a
        detector of wrong photos), noise_dropped and clean_dropped (shares of wrong and of other photos
        dropped), each with _low and _high (95 %, bootstrap by landmark; shares: see `share_by_landmark`),
        None where no wrong photo is known among them.
    """
    numbers: dict[str, float | None] = {
        "n_judged": int(cleaned["score"].notna().sum()),
        "n_unjudged": int(cleaned["score"].isna().sum()),
        "n_dropped": int((~cleaned["keep"]).sum()),
        "threshold": float(cleaned["threshold"].mean()),
    }
    judged = cleaned[cleaned["score"].notna() & ~cleaned["photo_id"].isin(reference_ids)]
    is_wrong = judged["photo_id"].isin(wrong_photo_ids).to_numpy()
    if not is_wrong.any() or is_wrong.all():
        keys = ("cleaning_auroc", "noise_dropped", "clean_dropped")
        numbers |= {f"{key}{end}": None for key in keys for end in ("", "_low", "_high")}
        return {prefix + key: value for key, value in numbers.items()}
    score, dropped = judged["score"].to_numpy(), ~judged["keep"].to_numpy(dtype=bool)

    def of_sample(rows: np.ndarray) -> float:
        wrong = is_wrong[rows]
        return float("nan") if wrong.all() or not wrong.any() else auroc(score[rows], wrong)

    landmark = judged["landmark_id"].to_numpy(dtype=object)
    low, high = bootstrap_by_landmark(of_sample, landmark, n_resamples=500)
    numbers["cleaning_auroc"] = auroc(score, is_wrong)
    numbers |= {"cleaning_auroc_low": float(low[0]), "cleaning_auroc_high": float(high[0])}
    for key, count, mask in (
        ("noise_dropped", "n_noise", is_wrong),
        ("clean_dropped", "n_other", ~is_wrong),
    ):
        numbers |= {key: float(dropped[mask].mean()), count: int(mask.sum())}
        limits = share_by_landmark(dropped[mask], landmark[mask])
        numbers |= dict(zip((f"{key}_low", f"{key}_high"), limits, strict=True))
    return {prefix + key: value for key, value in numbers.items()}


def needs_references(
    cleaned: pd.DataFrame, landmarks: pd.DataFrame, reference_ids: Set[str] = frozenset()
) -> pd.DataFrame:
    """Landmarks that a cleaning could not judge, or of which it left nothing to learn from.

    Args:
        cleaned: verdicts, from `clean`.
        landmarks: landmark_id, name of all that should be there; those without a verdict are named, too.
        reference_ids: references, which are kept by definition.
    Returns:
        landmark_id, name, photos, kept, reason (several are joined by "; "); by landmark_id, empty if
        nothing is wanted.
    """
    verdicts = dict(list(cleaned.groupby("landmark_id")))
    rows = []
    for landmark, name in zip(landmarks["landmark_id"], landmarks["name"], strict=True):
        own = verdicts.get(landmark, cleaned.iloc[:0])
        reason = "; ".join(_wants(own, own["photo_id"].isin(reference_ids)))
        if reason:
            rows.append((landmark, name, len(own), int(own["keep"].sum()), reason))
    table = pd.DataFrame(rows, columns=["landmark_id", "name", "photos", "kept", "reason"])
    return table.sort_values("landmark_id", ignore_index=True)


def _wants(own: pd.DataFrame, is_reference: pd.Series) -> list[str]:
    """What is wrong with the verdicts on one landmark's photos, in words."""
    if own.empty:
        return ["no readable train photo"]
    kept, found = own["keep"].astype(bool), []
    if own["score"].isna().all():
        found.append("no readable reference: kept unjudged")
    if not kept.any():
        found.append("every photo was dropped")
    elif not (kept & ~is_reference).any() and not is_reference.all():
        found.append("every photo but its references was dropped")
    if kept.sum() == 1:
        found.append("one photo after cleaning")
    return found
