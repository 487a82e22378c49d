"""Photos that show several landmarks: how many of them are named, and what is named that is not there.

Only a drawn world knows what is in sight.
"""

import pandas as pd

from sightlab.checks import check_columns
from sightlab.data.manifest import NON_LANDMARK
from sightlab.evaluation.intervals import wilson

VISIBLE = 0.02  # share of a photo's pixels from which a landmark counts as in sight


def several_named(answers: pd.DataFrame, visible: pd.DataFrame, least: float = VISIBLE) -> dict:
    """Flat numbers of the photos that show at least two landmarks.

    Args:
        answers: photo, landmark_id, other_landmark_ids of recognized photos.
        visible: photo_id, landmark_id, share of every landmark in sight (`World.visible`).
        least: share of pixels from which a landmark counts, [0, 1].
    Returns:
        n_several (photos), several_all_named, several_any_named, several_wrong_named (photos in which a
        landmark is named that is not in sight, however small): rates with _low and _high (Wilson 95 %), None
        without such photos.
    """
    check_columns(answers, ("photo", "landmark_id", "other_landmark_ids"), "answers")
    check_columns(visible, ("photo_id", "landmark_id", "share"), "visible")
    large = visible[visible["share"] >= least].groupby("photo_id")["landmark_id"].agg(set)
    anything = visible.groupby("photo_id")["landmark_id"].agg(set)
    rows = []
    for row in answers.itertuples():
        shown = large.get(row.photo, set())
        if len(shown) >= 2:
            named = {row.landmark_id, *row.other_landmark_ids.split(";")} - {"", NON_LANDMARK}
            rows.append((shown <= named, bool(shown & named), bool(named - anything[row.photo])))
    numbers: dict = {"n_several": len(rows)}
    columns = zip(*rows, strict=True) if rows else ((), (), ())
    for key, hits in zip(("all", "any", "wrong"), columns, strict=True):
        low, high = wilson(sum(hits), len(hits)) if hits else (None, None)
        name = f"several_{key}_named"
        numbers |= {name: sum(hits) / len(hits) if hits else None, f"{name}_low": low, f"{name}_high": high}
    return numbers
