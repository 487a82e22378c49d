"""Do reviewers see the same? Cohen's kappa between them, and the list of what they see differently.

Letters: V verdicts (5), n things that both judged.
Source: Cohen 1960; the interval is a percentile bootstrap over the things judged, ours.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd
from jaxtyping import Float, Int

from sightlab.checks import check_columns
from sightlab.views.review_lines import ABOUT, VERDICTS

RESAMPLES = 2000


def agreement(reviews: pd.DataFrame, seed: int = 0) -> pd.DataFrame:
    """How far each two reviewers agree on what both judged.

    Args:
        reviews: `review.read_reviews`; lines that hold a note alone do not count.
        seed: of the bootstrap.
    Returns:
        A row for each pair: first, second, n, agreed (share, [0, 1]), kappa (1: always agree, 0: as by
        chance, below: less), low, high (95 %). NaN where it is undefined: nothing judged by both, or both
        gave one and the same verdict throughout.
    """
    wide = _wide(reviews)
    rows = []
    for first, second in combinations(wide.columns, 2):
        counts = _counts(wide[[first, second]].dropna())
        n = int(counts.sum())
        low, high = _interval(counts, seed)
        agreed = float(np.trace(counts) / n) if n else np.nan
        facts = {"first": first, "second": second, "n": n, "agreed": agreed}
        rows.append({**facts, "kappa": float(kappa(counts[None])[0]), "low": low, "high": high})
    return pd.DataFrame(rows, columns=["first", "second", "n", "agreed", "kappa", "low", "high"])


def disagreements(reviews: pd.DataFrame) -> pd.DataFrame:
    """What at least two reviewers judged differently: the list to talk about.

    Returns:
        photo_id, model, target, then a column for each reviewer with the verdict in words, "" where there
        is none; the photos with most different verdicts first.
    """
    wide = _wide(reviews)
    differs = wide[wide.nunique(axis=1) > 1]
    order = np.argsort(-differs.nunique(axis=1).to_numpy(), kind="stable")
    return differs.iloc[order].replace(VERDICTS).fillna("").reset_index().rename_axis(columns=None)


def kappa(counts: Int[np.ndarray, "b V V"]) -> Float[np.ndarray, " b"]:
    """Cohen's kappa of tables of counts, rows the first reviewer's verdicts, columns the second's.

    (agreed - expected) / (1 - expected), expected: both choose at random, each as often as they did.
    NaN for an empty table, and where expected is 1.
    """
    total = counts.sum(axis=(1, 2)).astype(np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        agreed = np.trace(counts, axis1=1, axis2=2) / total
        expected = (counts.sum(axis=2) * counts.sum(axis=1)).sum(axis=1) / total**2
        return np.where(expected < 1, (agreed - expected) / (1 - expected), np.nan)


def _wide(reviews: pd.DataFrame) -> pd.DataFrame:
    """A row for each thing judged, a column for each reviewer, NaN where there is no verdict."""
    check_columns(reviews, ("reviewer", "verdict", *ABOUT), "reviews")
    judged = reviews[reviews["verdict"] != ""].astype(dict.fromkeys(("reviewer", *ABOUT), object))
    return judged.astype({"verdict": object}).pivot(index=list(ABOUT), columns="reviewer", values="verdict")


def _counts(pairs: pd.DataFrame) -> Int[np.ndarray, "V V"]:
    place = {verdict: i for i, verdict in enumerate(VERDICTS)}
    counts = np.zeros((len(VERDICTS), len(VERDICTS)), dtype=np.int64)
    for one, other in pairs.itertuples(index=False):
        counts[place[one], place[other]] += 1
    return counts


def _interval(counts: Int[np.ndarray, "V V"], seed: int) -> tuple[float, float]:
    n = int(counts.sum())
    if n < 2:
        return np.nan, np.nan
    drawn = np.random.default_rng(seed).multinomial(n, counts.ravel() / n, size=RESAMPLES)
    values = kappa(drawn.reshape(-1, *counts.shape))
    values = values[np.isfinite(values)]
    return tuple(map(float, np.percentile(values, [2.5, 97.5]))) if len(values) else (np.nan, np.nan)
