"""What the decision promised and what test says to it; what coordinates gain, and the most they could.

A *promise* is made before: the threshold is certified on tune distractors, with 95 % confidence, to keep the
FPR. `fpr_bound` looks back: it is what the test distractors alone would let one claim, and may be above the
promise although not one distractor too many was answered, only because test has too few of them.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sightlab.data.manifest import NON_LANDMARK
from sightlab.evaluation.compare import compare
from sightlab.evaluation.intervals import clopper_pearson_upper, wilson
from sightlab.evaluation.protocol import Evaluation, evaluate

if TYPE_CHECKING:
    from sightlab.pipeline import Workbench
    from sightlab.recognition.recognizer import Recognizer

POSITIONS = {  # slices by the coordinates of a photo, in words
    "with GPS": "whose coordinates are right",
    "without GPS": "that carry none",
    "wrong GPS": "whose coordinates are wrong",
}


def promises(bench: Workbench, split: str = "test") -> pd.DataFrame:
    """Each threshold's promise beside what distractors said to it.

    Returns:
        distractors (which), promised (FPR), confidence (of the promise; NaN: on average), n, n_answered, fpr
        with fpr_low, fpr_high (Wilson 95 %), bound (one-sided 95 %, from these distractors alone), kept
        (fpr <= promised). The last row, all distractors as photos come, mixes both thresholds.
    """
    thresholds = bench.recognizer.thresholds
    is_distractor = ~bench.manifest.split(split).is_landmark
    plain, placed = (
        bench.recognize(split, use_gps)["landmark_id"].to_numpy(dtype=object) != NON_LANDMARK
        for use_gps in (False, True)
    )
    photos = bench.manifest.split(split).photos
    search = bench.search()
    where = photos["lat"].to_numpy(), photos["lon"].to_numpy()
    near = search.match(bench.table.rows(photos["photo_id"]), *where).n_in_square > 0
    groups = (
        ("coordinates ignored", plain, is_distractor, thresholds.confidence),
        ("landmark in the square", placed, is_distractor & near, thresholds.confidence_gps),
        ("coordinates where known", placed, is_distractor, None),
    )
    rows = []
    for name, answered, of, confidence in groups:
        k, n = int(answered[of].sum()), int(of.sum())
        if n:
            low, high = wilson(k, n)
            rate = {"n": n, "n_answered": k, "fpr": k / n, "fpr_low": low, "fpr_high": high}
            promised = {"promised": thresholds.fpr, "confidence": confidence or np.nan}
            row = {"distractors": name} | promised | rate
            rows.append(row | {"bound": clopper_pearson_upper(k, n), "kept": k / n <= thresholds.fpr})
    return pd.DataFrame(rows)


def promise_numbers(table: pd.DataFrame) -> dict[str, float | bool]:
    """Flat results: promised_fpr, and of each group promise_kept, fpr_bound_from_test and counts."""
    keys = {
        "coordinates ignored": "_plain",
        "landmark in the square": "_near",
        "coordinates where known": "_gps",
    }
    numbers: dict = {"promised_fpr": float(table["promised"].iloc[0])}
    for row in table.itertuples():
        end = keys[row.distractors]
        numbers |= {f"promise_kept{end}": bool(row.kept), f"n_false_alarms{end}": int(row.n_answered)}
        numbers[f"fpr_bound_from_test{end}"] = float(row.bound)
        numbers[f"n_distractor{end}"] = int(row.n)
    return numbers


def gps_gain(bench: Workbench, split: str = "test") -> pd.DataFrame:
    """Sensitivity without and with coordinates, and the ceiling of what coordinates can gain.

    Only a photo with coordinates can gain by them, and only if it was not right without: the ceiling is the
    share of landmark photos of which both is true.

    Returns:
        fpr (of the thresholds), share_with_gps, without_gps, with_gps, gain, ceiling; for the profile's rate
        and for the strictest that the model carries.
    """
    subset = bench.manifest.split(split)
    photos = subset.photos[subset.is_landmark]
    truth = photos["landmark_id"].to_numpy(dtype=object)
    has_gps = photos["lat"].notna().to_numpy()
    rows = []
    for fpr in sorted({bench.profile.fpr, min(bench.thresholds)}, reverse=True):
        recognizer = bench.recognizer_for(fpr)
        plain, placed = (
            bench.recognize(split, use_gps, recognizer).loc[subset.is_landmark, "landmark_id"] == truth
            for use_gps in (False, True)
        )
        rates = {"without_gps": plain.mean(), "with_gps": placed.mean()}
        row = {"fpr": fpr, "share_with_gps": has_gps.mean()} | rates
        gain = {"gain": placed.mean() - plain.mean(), "ceiling": (has_gps & ~plain.to_numpy()).mean()}
        rows.append(row | gain)
    return pd.DataFrame(rows)


def gain_numbers(table: pd.DataFrame) -> dict[str, float]:
    """Flat results: gain_gps and gain_gps_ceiling at the profile's rate, and _strict at the strictest."""
    numbers = {}
    for end, row in zip(("", "_strict"), table.itertuples(), strict=False):
        numbers |= {f"gain_gps{end}": float(row.gain), f"gain_gps_ceiling{end}": float(row.ceiling)}
    return numbers


def by_position(with_gps: Evaluation) -> pd.DataFrame:
    """Slices of the answers with coordinates: all landmark photos, and those with right, no and wrong ones.

    The slices of the test without coordinates cannot tell what wrong ones do: nobody looked at them there.
    """
    wanted = with_gps.slices["slice"].isin(["all", *POSITIONS])
    return with_gps.slices[wanted].reset_index(drop=True)


def position_numbers(table: pd.DataFrame) -> dict[str, float]:
    """Flat results of `by_position`: confusion_rate_gps_wrong_gps, ..., with _low and _high (Wilson 95 %)."""
    numbers = {}
    for row in table[table["slice"] != "all"].to_dict("records"):
        name = row["slice"].lower().replace(" ", "_")
        for rate in ("sensitivity", "confusion_rate"):
            numbers |= {f"{rate}_gps_{name}{end}": float(row[rate + end]) for end in ("", "_low", "_high")}
    return numbers


def position_words(table: pd.DataFrame) -> str:
    """What `by_position` found, in a sentence."""

    def told(row) -> str:
        low, high = row.confusion_rate_low, row.confusion_rate_high
        confused = f"{row.confusion_rate:.1%} ({low:.1%} to {high:.1%}) are taken for another landmark"
        return f"{POSITIONS[row.slice]} ({row.n_landmark:,}) {row.sensitivity:.1%} are found and {confused}"

    parts = [told(row) for row in table.itertuples() if row.slice in POSITIONS]
    return f"Answered with coordinates: of landmark photos {'; '.join(parts)}."


def whole_decision(bench: Workbench, split: str = "test", recognizer: Recognizer | None = None) -> Evaluation:
    """The offline test with all gates at every rate: photos that lead or references reject come last.

    The usual test ranks photos by similarity alone, which says how good that is. Here the similarity
    of a photo that another gate rejects is -1, so moving a threshold over these moves the whole decision.

    Args:
        recognizer: whose gates; None: the one in use.
    """
    recognizer = recognizer or bench.recognizer
    free = replace(recognizer.thresholds, similarity=-1.0, region_extra=None)
    answers = bench.recognize(split, use_gps=False, recognizer=bench.with_thresholds(recognizer.search, free))
    passes = answers["landmark_id"] != NON_LANDMARK
    truth = bench.manifest.split(split).photos.assign(split="test")  # a study may look at tune; it says so
    return evaluate(
        answers.assign(similarity=answers["similarity"].where(passes, -1.0)), truth, n_resamples=1
    )


def whole_against_article(
    bench: Workbench, whole: Evaluation, split: str = "test", n_resamples: int = 1000
) -> pd.Series:
    """The whole decision against the article's, references and all, both at FPR 1 % of the same distractors.

    `pipeline_studies.against_article` asks this of the similarities alone.

    Args:
        whole: `whole_decision` of the same split.
    Returns:
        The row of `Comparison.questions` for sensitivity at FPR 1 %; its p is of this one question. What the
        others ask of answers has no meaning here: no threshold has been chosen.
    """
    article = whole_decision(bench, split, bench.plain_recognizer)
    questions = compare(article, whole, ("article", "sightlab"), n_resamples).questions
    return questions.set_index("question").loc["sensitivity at FPR 1 %"]


def whole_gain_numbers(row: pd.Series) -> dict[str, float]:
    """Flat results of `whole_against_article`: gain with _low, _high (bootstrap), exact McNemar p, counts."""
    key = "whole_gain_over_article_at_fpr_1pct"
    gain = {key: row["difference"], f"{key}_low": row["low"], f"{key}_high": row["high"]}
    numbers = {name: float(value) for name, value in gain.items()}
    numbers["whole_mcnemar_p_at_fpr_1pct"] = float(row["p"])
    counts = {"fixed": row["only_second"], "broken": row["only_first"]}
    return numbers | {f"whole_n_{word}_against_article_at_fpr_1pct": int(n) for word, n in counts.items()}


def whole_gain_words(row: pd.Series) -> str:
    """What `whole_against_article` found, in a sentence."""
    told = (
        f"At FPR 1 % with all gates of both, {row['second']:.1%} of the landmark photos are found instead of "
        f"{row['first']:.1%} by the article's rule: {100 * row['difference']:+.1f} points "
        f"({100 * row['low']:+.1f} to {100 * row['high']:+.1f}), {int(row['only_second'])} photos fixed and "
        f"{int(row['only_first'])} broken (McNemar p = {row['p']:.2g})"
    )
    return f"{told}, a difference that chance explains." if row["p"] >= 0.05 else f"{told}."


def whole_numbers(whole: Evaluation) -> dict[str, float]:
    """whole_sensitivity_at_fpr_1pct and whole_confusion_at_fpr_1pct, with _low and _high (Wilson 95 %)."""
    rates = ("sensitivity", "confusion")
    keys = [f"{rate}_at_fpr_1pct{end}" for rate in rates for end in ("", "_low", "_high")]
    return {f"whole_{key}": whole.numbers[key] for key in keys}
