"""The offline test: predictions and truth in, the five outcomes and every headline number out.

Two kinds of numbers come out side by side. *At the chosen threshold* (`sensitivity`, `confusion_rate`, `fpr`,
`ppv_at_...`) takes the answers as the recognizer gave them. *At an FPR* (`sensitivity_at_fpr_1pct`, ...)
ranks the test photos by `similarity` of `best_landmark_id`, before any threshold, and reads the threshold off
the test distractors themselves: good for comparing systems, not a promise about new photos.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from sightlab.checks import InputError, check_columns, check_unique
from sightlab.data.manifest import NON_LANDMARK
from sightlab.evaluation import metrics
from sightlab.evaluation.intervals import bootstrap_by_landmark, wilson

FPRS = (0.01, 0.001)
PREVALENCES = (0.01, 0.02, 0.03)  # landmarks are on 1-3 % of users' photos
FREQUENT_ABOVE = 100  # train photos after cleaning
SLICE_RATES = ("sensitivity", "confusion_rate", "closed_set_accuracy", "sensitivity_at_fpr_1pct", "fpr")
_PREDICTION_COLUMNS = ("photo", "landmark_id", "best_landmark_id", "similarity", "reason")


@dataclass(frozen=True, eq=False)
class Evaluation:
    """What the test said.

    `numbers`: flat, JSON-ready; each rate with `<key>_low`, `<key>_high` (95 %); None where undefined.
    `slices`: one row per slice, rates with `_low`, `_high`, NaN where undefined.
    `outcomes`: one row per photo, in the order of the truth: its columns, then answer, best_landmark_id,
    similarity, reason, outcome. `curve`: `metrics.open_set_curve`, empty if one kind of photo is absent.
    """

    numbers: dict
    slices: pd.DataFrame
    outcomes: pd.DataFrame
    curve: pd.DataFrame

    def __repr__(self) -> str:
        counts = self.outcomes["outcome"].value_counts()
        words = ", ".join(f"{counts.get(name, 0):,} {name.replace('_', ' ')}" for name in metrics.OUTCOMES)
        n, m = self.numbers["n_landmark"], self.numbers["n_distractor"]
        return f"Evaluation: {n:,} landmark photos and {m:,} distractors: {words}"


def evaluate(
    predictions: pd.DataFrame,
    truth: pd.DataFrame,
    slices: Mapping[str, np.ndarray] | None = None,
    train_counts: Mapping[str, int] | None = None,
    n_resamples: int = 1000,
    seed: int = 0,
) -> Evaluation:
    """Everything the offline test has to say about one system.

    Args:
        predictions: one row per photo as `Recognizer.recognize` returns them; photo, landmark_id,
            best_landmark_id, similarity and reason are read. Only rows whose reason begins with "unreadable"
            may have a NaN similarity: they stay in the test, as rejected.
        truth: photo_id, landmark_id, split; the rows of the test. A `region` column makes slices by region.
        slices: further slices, name -> (Q,) bool over the rows of `truth`.
        train_counts: train photos after cleaning, by landmark; makes the slices "frequent" (> 100) and
            "rare".
        n_resamples: bootstrap draws for micro-AP and AUROC.
        seed: of the bootstrap.
    Returns:
        The evaluation. Rates have Wilson intervals (at an FPR: with the threshold held fixed); micro_ap
        and auroc a bootstrap by landmark; ppv the corners of the Wilson intervals it is made of.
    Raises:
        InputError: rows of another split than test, a photo twice, a photo without prediction or without
            truth, a NaN similarity that is not explained, a slice of the wrong length.
    """
    rows = _joined(predictions, truth)
    is_landmark = (rows["landmark_id"] != NON_LANDMARK).to_numpy()
    masks = _slice_masks(rows, slices, train_counts)
    points = _points(rows, is_landmark)
    hits = _hits(rows, points)
    counts = {name: _counted(hits, is_landmark, mask) for name, mask in masks.items()}
    numbers: dict = {"n_landmark": int(is_landmark.sum()), "n_distractor": int((~is_landmark).sum())}
    for key, (k, n) in counts["all"].items():
        numbers |= _rate(key, k, n, undefined=None)
    for fpr, point in points.items():
        value = point.threshold if point and np.isfinite(point.threshold) else None
        numbers[f"threshold_at_fpr_{_percent(fpr)}"] = value
    numbers |= _ranking_numbers(rows, is_landmark, n_resamples, seed)
    for prevalence in PREVALENCES:
        numbers |= _ppv_numbers(prevalence, numbers)
    curve = pd.DataFrame({"fpr": [], "sensitivity": [], "confusion_rate": [], "threshold": []})
    if all(points.values()):
        curve = metrics.open_set_curve(*_arrays(rows))
    return Evaluation(numbers, _slice_table(counts, masks, is_landmark), rows, curve)


def _joined(predictions: pd.DataFrame, truth: pd.DataFrame) -> pd.DataFrame:
    """One row per photo of the truth, with its answer; every refusal of `evaluate` happens here."""
    check_columns(predictions, _PREDICTION_COLUMNS, "predictions")
    check_columns(truth, ("photo_id", "landmark_id", "split"), "truth")
    if len(truth) == 0:
        raise InputError(
            "Expected at least one test photo; got an empty truth table. Pass manifest.split('test')."
        )
    foreign = truth.loc[truth["split"] != "test"]
    if len(foreign):
        splits = ", ".join(sorted({str(s) for s in foreign["split"]}))
        raise InputError(
            f"Expected rows of the split test only; got {len(foreign)} of {splits}, first "
            f"{foreign['photo_id'].iloc[0]!r}, in the truth. Thresholds are chosen on tune, so tune cannot "
            "measure them: pass manifest.split('test')."
        )
    check_unique(predictions["photo"], "photo in the predictions", advice="A photo must count once.")
    check_unique(truth["photo_id"], "photo_id in the truth", advice="A photo must count once.")
    _check_same_photos(predictions["photo"], truth["photo_id"])
    answers = predictions.set_index("photo").loc[truth["photo_id"]].reset_index()
    rows = truth.reset_index(drop=True).copy()
    rows["answer"] = answers["landmark_id"]
    rows["best_landmark_id"] = answers["best_landmark_id"]
    for column in ("landmark_id", "answer"):
        empty = rows.loc[rows[column].isna() | (rows[column] == ""), "photo_id"]
        if len(empty):
            raise InputError(
                f"Expected a landmark or {NON_LANDMARK!r} for every photo; got nothing for {len(empty)}, "
                f"first {empty.iloc[0]!r}, in column {column}. Write {NON_LANDMARK!r} for a rejection."
            )
    rows["similarity"] = _readable_similarity(answers)
    rows["reason"] = answers["reason"]
    rows["outcome"] = metrics.outcomes(*(rows[c].to_numpy(dtype=object) for c in ("landmark_id", "answer")))
    return rows


def _readable_similarity(answers: pd.DataFrame) -> pd.Series:
    similarity = answers["similarity"].astype("float64")
    is_unreadable = answers["reason"].astype("string").fillna("").str.startswith("unreadable").astype(bool)
    unexplained = answers.loc[~np.isfinite(similarity) & ~is_unreadable, "photo"]
    if len(unexplained):
        raise InputError(
            "Expected a finite similarity for every readable photo; got NaN or infinity for "
            f"{len(unexplained)}, first {unexplained.iloc[0]!r}, in the predictions. Only a row whose "
            "reason begins with 'unreadable' may go without."
        )
    answered = answers.loc[is_unreadable & (answers["landmark_id"] != NON_LANDMARK), "photo"]
    if len(answered):
        raise InputError(
            f"Expected {NON_LANDMARK!r} for every unreadable photo; got a landmark for {len(answered)}, "
            f"first {answered.iloc[0]!r}, in the predictions. A photo that was not read cannot be answered."
        )
    return similarity.mask(is_unreadable, -np.inf)


def _check_same_photos(predicted: pd.Series, expected: pd.Series) -> None:
    missing = expected[~expected.isin(predicted)]
    if len(missing):
        raise InputError(
            f"Expected a prediction for each of {len(expected)} test photos; got none for {len(missing)}: "
            f"{', '.join(map(repr, missing.iloc[:5]))}, in the predictions. "
            "Recognize them too; an unreadable photo gets a row that says so."
        )
    unknown = predicted[~predicted.isin(expected)]
    if len(unknown):
        raise InputError(
            f"Expected predictions of test photos only; got {len(unknown)} others: "
            f"{', '.join(map(repr, unknown.iloc[:5]))}, in the predictions. Leave out photos without a truth."
        )


def _slice_masks(rows: pd.DataFrame, slices: Mapping | None, train_counts: Mapping | None) -> dict:
    masks = {"all": np.ones(len(rows), dtype=bool)}
    is_landmark = (rows["landmark_id"] != NON_LANDMARK).to_numpy()
    if train_counts is not None:
        of_photo = rows["landmark_id"].map(dict(train_counts)).fillna(0).to_numpy()
        masks["frequent"] = is_landmark & (of_photo > FREQUENT_ABOVE)
        masks["rare"] = is_landmark & (of_photo <= FREQUENT_ABOVE)
    if "region" in rows:
        for region in dict.fromkeys(rows.loc[is_landmark, "region"].dropna()):
            masks[f"region: {region}"] = is_landmark & (rows["region"] == region).to_numpy(dtype=bool)
    for name, mask in (slices or {}).items():
        mask = np.asarray(mask)
        if mask.shape != (len(rows),) or mask.dtype != bool or name in masks:
            raise InputError(
                f"Expected a bool for each of {len(rows)} rows of the truth under a new name; got shape "
                f"{mask.shape} of {mask.dtype} in slice {name!r}. Build the mask from the truth table."
            )
        masks[name] = mask
    return masks


def _points(rows: pd.DataFrame, is_landmark: np.ndarray) -> dict[float, metrics.OperatingPoint | None]:
    if is_landmark.all() or not is_landmark.any():
        return dict.fromkeys(FPRS)
    return {fpr: metrics.sensitivity_at_fpr(*_arrays(rows), fpr) for fpr in FPRS}


def _hits(rows: pd.DataFrame, points: dict) -> dict[str, tuple[np.ndarray, bool]]:
    """For each rate: which photos count as a success, and whether it is a rate of landmark photos."""
    similarity, best, truth = _arrays(rows)
    outcome = rows["outcome"].to_numpy(dtype=object)
    hits = {
        "sensitivity": (outcome == "correct", True),
        "confusion_rate": (outcome == "confused", True),
        "fpr": (outcome == "false_alarm", False),
        "closed_set_accuracy": (best == truth, True),
    }
    for fpr, point in points.items():
        answered = similarity > point.threshold if point else None
        hits[f"sensitivity_at_fpr_{_percent(fpr)}"] = (answered & (best == truth) if point else None, True)
        hits[f"confusion_at_fpr_{_percent(fpr)}"] = (answered & (best != truth) if point else None, True)
    return hits


def _counted(hits: dict, is_landmark: np.ndarray, mask: np.ndarray) -> dict[str, tuple[int, int]]:
    """(k, n) of each rate inside one slice; n = 0 where it is undefined."""
    counts = {}
    for key, (hit, of_landmarks) in hits.items():
        group = mask & (is_landmark if of_landmarks else ~is_landmark)
        counts[key] = (0, 0) if hit is None else (int((hit & group).sum()), int(group.sum()))
    return counts


def _rate(key: str, k: int, n: int, undefined: float | None) -> dict:
    low, high = wilson(k, n) if n else (undefined, undefined)
    return {key: k / n if n else undefined, f"{key}_low": low, f"{key}_high": high}


def _ranking_numbers(rows: pd.DataFrame, is_landmark: np.ndarray, n_resamples: int, seed: int) -> dict:
    keys = ("micro_ap", "auroc")
    if is_landmark.all() or not is_landmark.any():
        return {key + end: None for key in keys for end in ("", "_low", "_high")}
    similarity, best, truth = _arrays(rows)
    is_correct = is_landmark & (best == truth)

    def statistic(index: np.ndarray) -> np.ndarray:
        among, n = is_landmark[index], int(is_landmark[index].sum())
        ap = metrics.micro_ap(similarity[index], is_correct[index], n)
        return np.array([ap, metrics.auroc(similarity[index], among)])

    values = statistic(np.arange(len(rows)))
    low, high = bootstrap_by_landmark(statistic, truth, n_resamples=n_resamples, seed=seed)
    numbers = {}
    for s, key in enumerate(keys):
        numbers |= {key: float(values[s]), f"{key}_low": float(low[s]), f"{key}_high": float(high[s])}
    return numbers


def _ppv_numbers(prevalence: float, numbers: dict) -> dict:
    key = f"ppv_at_{_percent(prevalence)}"
    if not numbers["n_landmark"] or not numbers["n_distractor"]:
        return {key: None, f"{key}_low": None, f"{key}_high": None}

    def at(s: str, other: str) -> float | None:  # the ends of the intervals that make it worst, or best
        rates = (
            numbers[f"sensitivity{s}"],
            numbers[f"confusion_rate{other}"],
            numbers[f"fpr{other}"],
        )
        value = metrics.ppv(prevalence, *rates)
        return None if np.isnan(value) else value

    return {key: at("", ""), f"{key}_low": at("_low", "_high"), f"{key}_high": at("_high", "_low")}


def _slice_table(counts: dict, masks: dict, is_landmark: np.ndarray) -> pd.DataFrame:
    table = []
    for name, mask in masks.items():
        row = {
            "slice": name,
            "n_landmark": int((mask & is_landmark).sum()),
            "n_distractor": int((mask & ~is_landmark).sum()),
        }
        for key in SLICE_RATES:
            row |= _rate(key, *counts[name][key], undefined=float("nan"))
        table.append(row)
    return pd.DataFrame(table)


def _arrays(rows: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    similarity = rows["similarity"].to_numpy(dtype=np.float64)
    return similarity, *(rows[c].to_numpy(dtype=object) for c in ("best_landmark_id", "landmark_id"))


def _percent(rate: float) -> str:
    return f"{100 * rate:g}pct"
