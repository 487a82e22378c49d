"""Two systems, or two runs, on the same photos: what was fixed, what was broken, and whether it is chance.

Letters: Q queries of the test.
Both systems saw the same photos, so their difference is judged photo by photo: exact McNemar for each
question, Holm over all questions asked, and a bootstrap that draws whole landmarks and both systems together.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float, Int, Shaped

from sightlab.checks import InputError
from sightlab.data.manifest import NON_LANDMARK
from sightlab.evaluation import metrics
from sightlab.evaluation.intervals import bootstrap_by_landmark, holm, mcnemar_exact
from sightlab.evaluation.protocol import Evaluation

CHANGES = ("both right", "fixed", "broken", "both wrong")


@dataclass(frozen=True, eq=False)
class Comparison:
    """The second system against the first.

    `questions`: a row each: question, n (photos it is asked of), first, second (rates, higher is better),
    difference, low, high (paired bootstrap, 95 %), only_first, only_second (photos that one alone got right),
    p (exact McNemar), p_holm (for all questions together). `photos`: photo_id, landmark_id, then of each
    system the answer and outcome, and `change`, one of `CHANGES`, at the thresholds that the systems chose.
    """

    questions: pd.DataFrame
    photos: pd.DataFrame
    names: tuple[str, str]

    def __repr__(self) -> str:
        counts = self.photos["change"].value_counts()
        changes = ", ".join(f"{counts.get(name, 0):,} {name}" for name in CHANGES)
        return f"{self.names[1]} against {self.names[0]} on {len(self.photos):,} photos: {changes}"


def compare(
    first: Evaluation,
    second: Evaluation,
    names: tuple[str, str] = ("first", "second"),
    n_resamples: int = 1000,
    seed: int = 0,
) -> Comparison:
    """The second system against the first.

    Args:
        first, second: evaluations of the same photos, in any order.
        names: of the systems, for tables and figures.
        n_resamples: bootstrap draws.
        seed: of the bootstrap.
    Returns:
        The comparison. "At FPR x" reads each system's threshold off the test distractors, anew in each
        resample: good for comparing, not a promise.
    Raises:
        InputError: different photos, or different truths, or only one kind of photo.
    """
    a, b = _paired(first.outcomes, second.outcomes)
    truth = a["landmark_id"].to_numpy(dtype=object)
    is_landmark = truth != NON_LANDMARK
    if is_landmark.all() or not is_landmark.any():
        raise InputError(
            f"Expected landmark photos and distractors; got {int(is_landmark.sum())} and "
            f"{int((~is_landmark).sum())} in compare. Compare on a test that has both."
        )
    systems = [_Answers.of(rows) for rows in (a, b)]
    rows = [_row(question, is_landmark, systems) for question in QUESTIONS]

    def differences(index: np.ndarray) -> np.ndarray:
        drawn = [system.take(index) for system in systems]
        return np.array([_row(question, is_landmark[index], drawn)["difference"] for question in QUESTIONS])

    table = pd.DataFrame(rows)
    table["low"], table["high"] = bootstrap_by_landmark(differences, truth, n_resamples, seed=seed)
    table["p"] = [mcnemar_exact(row["only_first"], row["only_second"]) for row in rows]
    table["p_holm"] = holm(table["p"].to_numpy())
    return Comparison(table, _changes(a, b), names)


class _Answers(NamedTuple):
    """One system on Q photos, as arrays: a bootstrap takes rows a thousand times."""

    similarity: Float[np.ndarray, " Q"]
    best: Shaped[np.ndarray, " Q"]
    truth: Shaped[np.ndarray, " Q"]
    outcome: Shaped[np.ndarray, " Q"]

    @classmethod
    def of(cls, rows: pd.DataFrame) -> "_Answers":
        words = (rows[c].to_numpy(dtype=object) for c in ("best_landmark_id", "landmark_id", "outcome"))
        return cls(rows["similarity"].to_numpy(dtype=np.float64), *words)

    def take(self, index: Int[np.ndarray, " q"]) -> "_Answers":
        return _Answers(*(values[index] for values in self))


class _Question(NamedTuple):
    words: str
    of_landmarks: bool  # asked of landmark photos, or of distractors
    is_right: Callable[[_Answers], Bool[np.ndarray, " Q"]]


def _right_at(fpr: float) -> Callable[[_Answers], Bool[np.ndarray, " Q"]]:
    """Right at the threshold that keeps this rate on the very photos asked about."""

    def is_right(answers: _Answers) -> np.ndarray:
        similarity, best, truth, _ = answers
        threshold = metrics.sensitivity_at_fpr(similarity, best, truth, fpr).threshold
        return (similarity > threshold) & (best == truth)

    return is_right


QUESTIONS = (
    _Question("sensitivity at the chosen threshold", True, lambda a: a.outcome == "correct"),
    _Question("sensitivity at FPR 1 %", True, _right_at(0.01)),
    _Question("sensitivity at FPR 0.1 %", True, _right_at(0.001)),
    _Question("closed-set accuracy", True, lambda a: a.best == a.truth),
    _Question(
        "distractors rejected at the chosen threshold", False, lambda a: a.outcome == "correct_rejection"
    ),
)


def _row(question: _Question, is_landmark: np.ndarray, systems: Sequence[_Answers]) -> dict:
    group = is_landmark if question.of_landmarks else ~is_landmark
    first, second = (question.is_right(answers)[group] for answers in systems)
    return {
        "question": question.words,
        "n": int(group.sum()),
        "first": float(first.mean()),
        "second": float(second.mean()),
        "difference": float(second.mean() - first.mean()),
        "only_first": int((first & ~second).sum()),
        "only_second": int((second & ~first).sum()),
    }


def _changes(a: pd.DataFrame, b: pd.DataFrame) -> pd.DataFrame:
    right = [rows["outcome"].isin(["correct", "correct_rejection"]).to_numpy() for rows in (a, b)]
    photos = a[["photo_id", "landmark_id"]].copy()
    for number, rows in (("first", a), ("second", b)):
        photos[f"answer_{number}"] = rows["answer"]
        photos[f"outcome_{number}"] = rows["outcome"]
    photos["change"] = np.select(
        [right[0] & right[1], ~right[0] & right[1], right[0] & ~right[1]], CHANGES[:3], CHANGES[3]
    )
    return photos


def _paired(first: pd.DataFrame, second: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Both tables in the order of the first."""
    missing = first.loc[~first["photo_id"].isin(second["photo_id"]), "photo_id"]
    added = second.loc[~second["photo_id"].isin(first["photo_id"]), "photo_id"]
    if len(missing) or len(added):
        example = missing.iloc[0] if len(missing) else added.iloc[0]
        raise InputError(
            f"Expected two evaluations of the same photos; got {len(missing)} photos of the first only and "
            f"{len(added)} of the second only, such as {example!r}, in compare. Evaluate both on one test."
        )
    a = first.reset_index(drop=True)
    b = second.set_index("photo_id", drop=False).loc[a["photo_id"]].reset_index(drop=True)
    differs = a.loc[(a["landmark_id"] != b["landmark_id"]).to_numpy(), "photo_id"]
    if len(differs):
        raise InputError(
            f"Expected the same truth in both evaluations; got another landmark for {len(differs)} photos, "
            f"first {differs.iloc[0]!r}, in compare. Evaluate both against one manifest."
        )
    return a, b
