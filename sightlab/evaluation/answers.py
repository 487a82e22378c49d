"""Predictions beside the truth: one row per test photo, or a refusal that names the first bad row."""

import numpy as np
import pandas as pd

from sightlab.checks import InputError, check_columns, check_unique
from sightlab.data.manifest import NON_LANDMARK
from sightlab.evaluation import metrics

PREDICTION_COLUMNS = ("photo", "landmark_id", "best_landmark_id", "similarity", "reason")


def answers_beside_truth(predictions: pd.DataFrame, truth: pd.DataFrame) -> pd.DataFrame:
    """One row per photo of the truth, with its answer; every refusal of `evaluate` happens here.

    Args:
        predictions, truth: as `evaluate`.
    Returns:
        The columns of the truth, then answer, best_landmark_id, similarity (-inf for an unreadable photo),
        reason, outcome.
    Raises:
        InputError: as `evaluate`.
    """
    check_columns(predictions, PREDICTION_COLUMNS, "predictions")
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
