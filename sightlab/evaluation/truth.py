"""Measurements that need a known truth: dirt by its kind, look-alikes, views. Only a drawn world has it.

Source: ours.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from jaxtyping import Shaped

from sightlab.checks import InputError, check_columns, check_same_length
from sightlab.evaluation.intervals import bootstrap_by_landmark, share_by_landmark
from sightlab.evaluation.metrics import auroc


def cleaning_by_kind(cleaned: pd.DataFrame, noise: pd.DataFrame) -> pd.DataFrame:
    """How well a cleaner tells wrong photos from right ones, for each kind of dirt.

    Args:
        cleaned: verdicts, from `clean`: photo_id, landmark_id, score, keep.
        noise: photo_id, kind of every wrong photo that is known.
    Returns:
        One row per kind, by name: kind, n (wrong photos judged), auroc in [0, 1] against all right photos
        (1: every wrong photo is further from the references than every right one), auroc_low, auroc_high
        (95 %, bootstrap by landmark), dropped, dropped_low, dropped_high (share, `share_by_landmark`). Empty
        if no judged photo is known to be wrong.
    Raises:
        InputError: a missing column, or every judged photo is wrong.
    """
    check_columns(cleaned, ("photo_id", "landmark_id", "score", "keep"), "cleaned")
    check_columns(noise, ("photo_id", "kind"), "noise")
    judged = cleaned[cleaned["score"].notna()]
    kind_of = dict(zip(noise["photo_id"], noise["kind"], strict=True))
    kind = pd.Series(
        [kind_of.get(photo_id, "") for photo_id in judged["photo_id"]], judged.index, dtype=object
    )
    if len(judged) and not (kind == "").any():
        raise InputError(
            f"expected right photos to compare with; all {len(judged):,} judged photos are wrong. Pass the "
            "verdicts on a whole split."
        )
    rows = [_of_kind(judged[kind.isin(("", name))], name, kind) for name in sorted(set(kind) - {""})]
    columns = ("kind", "n", "auroc", "auroc_low", "auroc_high", "dropped", "dropped_low", "dropped_high")
    return pd.DataFrame(rows, columns=columns)


def _of_kind(rows: pd.DataFrame, name: str, kinds: pd.Series) -> dict:
    is_wrong = (kinds[rows.index] == name).to_numpy()
    score = rows["score"].to_numpy()

    def of_sample(sample: np.ndarray) -> float:
        wrong = is_wrong[sample]
        return auroc(score[sample], wrong) if wrong.any() and not wrong.all() else float("nan")

    landmark = rows["landmark_id"].to_numpy(dtype=object)
    low, high = bootstrap_by_landmark(of_sample, landmark, n_resamples=300)
    dropped = ~rows["keep"].to_numpy(dtype=bool)[is_wrong]
    dropped_low, dropped_high = share_by_landmark(dropped, landmark[is_wrong], n_resamples=300)
    found = {"kind": name, "n": len(dropped), "auroc": auroc(score, is_wrong)}
    found |= {"auroc_low": float(low[0]), "auroc_high": float(high[0])}
    share = float(dropped.mean())
    return found | {"dropped": share, "dropped_low": dropped_low, "dropped_high": dropped_high}


def look_alike_outcomes(outcomes: pd.DataFrame, families: Mapping[str, tuple[str, ...]]) -> pd.DataFrame:
    """What becomes of photos of landmarks that resemble each other.

    Args:
        outcomes: of `evaluate`: landmark_id (true), answer.
        families: name -> landmarks that look alike.
    Returns:
        One row per family with photos: family, n, correct, within (answered with another landmark of the
        family), elsewhere (with any other landmark), missed; all counts.
    """
    check_columns(outcomes, ("landmark_id", "answer", "outcome"), "outcomes")
    rows = []
    for family, ids in families.items():
        own = outcomes[outcomes["landmark_id"].isin(ids)]
        confused = own["outcome"] == "confused"
        within = int((confused & own["answer"].isin(ids)).sum())
        counts = {"correct": int((own["outcome"] == "correct").sum()), "within": within}
        counts |= {
            "elsewhere": int(confused.sum()) - within,
            "missed": int((own["outcome"] == "missed").sum()),
        }
        if len(own):
            rows.append({"family": family, "n": len(own)} | counts)
    return pd.DataFrame(rows, columns=["family", "n", "correct", "within", "elsewhere", "missed"])


def views_agreement(
    landmark: Shaped[np.ndarray, " N"],
    true_view: Shaped[np.ndarray, " N"],
    found_view: Shaped[np.ndarray, " N"],
) -> pd.DataFrame:
    """How the views that clustering found agree with the kinds of view that photos were taken as.

    Args:
        landmark: (N,) id of each photo's landmark.
        true_view: (N,) kind of view.
        found_view: (N,) view that the photo was put into; numbered in each landmark.
    Returns:
        One row per landmark, by name: landmark_id, n (photos), true_views, found_views, ari: adjusted Rand
        index, 1 for the same grouping, about 0 for one that has nothing to do with it; a landmark with one
        view found and several true ones has 0.
    Raises:
        InputError: arrays of different lengths.
    Source: Hubert & Arabie 1985, by scikit-learn.
    """
    from sklearn.metrics import adjusted_rand_score

    check_same_length("views_agreement", landmark=landmark, true_view=true_view, found_view=found_view)
    table = pd.DataFrame({"landmark_id": landmark, "true": true_view, "found": found_view})
    rows = []
    for landmark_id, own in table.groupby("landmark_id", sort=True):
        numbers = {"n": len(own), "true_views": own["true"].nunique(), "found_views": own["found"].nunique()}
        ari = float(adjusted_rand_score(own["true"], own["found"]))
        rows.append({"landmark_id": landmark_id, **numbers, "ari": ari})
    return pd.DataFrame(rows, columns=["landmark_id", "n", "true_views", "found_views", "ari"])
