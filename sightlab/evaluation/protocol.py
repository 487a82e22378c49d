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

from sightlab.data.manifest import NON_LANDMARK
from sightlab.evaluation import metrics
from sightlab.evaluation.answers import answers_beside_truth
from sightlab.evaluation.intervals import bootstrap_by_landmark, clopper_pearson_upper, wilson
from sightlab.evaluation.prevalence import ppv, wrong_albums_per_1000
from sightlab.evaluation.slices import slice_masks

FPRS = (0.01, 0.001, 0.0005)
SENSITIVITY = 0.80  # the FPR at this sensitivity is reported; the article's test has 80.0 %
PREVALENCES = (0.01, 0.02, 0.03)  # landmarks are on 1-3 % of users' photos
SLICE_RATES = ("sensitivity", "confusion_rate", "closed_set_accuracy", "sensitivity_at_fpr_1pct", "fpr")


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
        The evaluation. Rates have Wilson intervals (at an FPR: with the threshold held fixed); micro_ap,
        auroc and fpr_at_sensitivity_80pct a bootstrap by landmark; ppv and wrong_albums_per_1000 the corners
        of the Wilson intervals they are made of. `fpr_bound` is Clopper-Pearson's one-sided bound of `fpr`.
    Raises:
        InputError: rows of another split than test, a photo twice, a photo without prediction or without
            truth, a NaN similarity that is not explained, a slice of the wrong length.
    """
    rows = answers_beside_truth(predictions, truth)
    is_landmark = (rows["landmark_id"] != NON_LANDMARK).to_numpy()
    masks = slice_masks(rows, slices, train_counts)
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
        numbers |= _prevalence_numbers(prevalence, numbers)
    k, n = counts["all"]["fpr"]
    numbers["fpr_bound"] = clopper_pearson_upper(k, n) if n else None
    curve = pd.DataFrame({"fpr": [], "sensitivity": [], "confusion_rate": [], "threshold": []})
    if all(points.values()):
        curve = metrics.open_set_curve(*_arrays(rows))
    return Evaluation(numbers, _slice_table(counts, masks, is_landmark), rows, curve)


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
    keys = ("micro_ap", "auroc", f"fpr_at_sensitivity_{_percent(SENSITIVITY)}")
    if is_landmark.all() or not is_landmark.any():
        return {key + end: None for key in keys for end in ("", "_low", "_high")}
    similarity, best, truth = _arrays(rows)
    is_correct = is_landmark & (best == truth)

    def statistic(index: np.ndarray) -> np.ndarray:
        scores, among, right = similarity[index], is_landmark[index], is_correct[index]
        ap = metrics.micro_ap(scores, right, int(among.sum()))
        fpr = metrics.fpr_at_sensitivity(scores[right], scores[~among], int(among.sum()), SENSITIVITY)
        return np.array([ap, metrics.auroc(scores, among), fpr])

    values = statistic(np.arange(len(rows)))
    low, high = bootstrap_by_landmark(statistic, truth, n_resamples=n_resamples, seed=seed)
    numbers = {}
    for s, key in enumerate(keys):
        found = {"": values[s], "_low": low[s], "_high": high[s]}
        numbers |= {key + end: None if np.isnan(value) else float(value) for end, value in found.items()}
    return numbers


def _prevalence_numbers(prevalence: float, numbers: dict) -> dict:
    """What an answer is worth, and how many of 1,000 photos come into the album of a wrong landmark."""
    right, wrong = (f"{key}_at_{_percent(prevalence)}" for key in ("ppv", "wrong_albums_per_1000"))
    if not numbers["n_landmark"] or not numbers["n_distractor"]:
        return {key + end: None for key in (right, wrong) for end in ("", "_low", "_high")}
    found = {}
    for end, other in (("", ""), ("_low", "_high"), ("_high", "_low")):  # ends that make it worst, or best
        errors = numbers[f"confusion_rate{other}"], numbers[f"fpr{other}"]
        value = ppv(prevalence, numbers[f"sensitivity{end}"], *errors)
        found[right + end] = None if np.isnan(value) else value
        found[wrong + other] = wrong_albums_per_1000(prevalence, *errors)
    return found


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
