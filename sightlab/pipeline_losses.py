"""Which loss does it? The rows of notebook 04's league that differ in nothing else."""

from __future__ import annotations

import pandas as pd

from sightlab.pipeline_learning import IN_USE

LOSSES = {  # recipe -> its loss, as a report names it
    IN_USE: "softmax + center loss",
    "softmax alone": "softmax",
    "center loss x 5e-5": "softmax + center loss, weight 5e-5",
    "center loss x 5e-4": "softmax + center loss, weight 5e-4",
    "center loss x 1e-2": "softmax + center loss, weight 1e-2",
    "center loss x 3e-2": "softmax + center loss, weight 3e-2",
    "a center for non-landmarks, too": "softmax + center loss for all",
    "sub-center ArcFace": "sub-center ArcFace",
}


def losses_of(league: pd.DataFrame) -> pd.DataFrame:
    """The rows of a league that differ from the recipe in use by their loss only, in the league's order.

    Args:
        league: `pipeline_learning.stored_league`; may be empty.
    Returns:
        loss, seeds, sensitivity at FPR 1 % on tune with low and high (95 %), n (landmark photos).
    """
    columns = ["loss", "seeds", "sensitivity", "low", "high", "n"]
    if league.empty:
        return pd.DataFrame(columns=columns)
    rows = league[league["recipe"].isin(LOSSES)].reset_index(drop=True)
    return rows.assign(loss=rows["recipe"].map(LOSSES))[columns]
