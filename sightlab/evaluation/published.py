"""What the article published, to stand beside our own numbers. Other photos, so no comparison of systems."""

import pandas as pd

from sightlab.evaluation.intervals import wilson
from sightlab.evaluation.protocol import Evaluation

SOURCE = "published: Boiarov & Tyantov 2019 (article), 290 landmark photos of its own"
# The article gives 85.3 % of the frequent landmarks (87 % of the test) and 46 % of the rare ones; the counts
# are the only whole numbers that fit. It does not say at which false-positive rate.
PUBLISHED = {"all": (232, 290), "frequent": (214, 251), "rare": (18, 39)}
DELF = "DELF with its best parameters: almost identical (published without a number)"


def beside_published(evaluation: Evaluation, rate: str = "sensitivity_at_fpr_1pct") -> pd.DataFrame:
    """The article's figures and ours, with their intervals.

    Args:
        evaluation: of the offline test.
        rate: which of our sensitivities, a column of `Evaluation.slices`.
    Returns:
        slice, system, estimate, low, high (Wilson 95 %), n, is_published, source: for all, frequent and rare
        landmarks; our own rows only for slices that have landmark photos.
    """
    ours = evaluation.slices.set_index("slice")
    rows = []
    for name, (k, n) in PUBLISHED.items():
        low, high = wilson(k, n)
        facts = {"slice": name, "system": "article", "estimate": k / n, "low": low, "high": high, "n": n}
        rows.append(facts | {"is_published": True, "source": SOURCE})
        if name in ours.index and ours.loc[name, "n_landmark"] > 0:
            row = ours.loc[name]
            facts = {"slice": name, "system": "sightlab", "estimate": row[rate], "n": int(row["n_landmark"])}
            facts |= {"low": row[f"{rate}_low"], "high": row[f"{rate}_high"]}
            rows.append(facts | {"is_published": False, "source": f"measured here: {rate}"})
    columns = ["slice", "system", "estimate", "low", "high", "n", "is_published", "source"]
    return pd.DataFrame(rows)[columns]
