"""A test set small enough to count by hand."""

import numpy as np
import pandas as pd
import pytest

NON = "non_landmark"


@pytest.fixture
def truth():
    """Six landmark photos in two regions and four distractors."""
    return pd.DataFrame(
        {
            "photo_id": [f"t{i}" for i in range(10)],
            "landmark_id": ["a", "a", "a", "b", "b", "c", NON, NON, NON, NON],
            "split": "test",
            "region": ["asia", "asia", "asia", "europe", "europe", "europe", None, None, None, None],
        }
    )


@pytest.fixture
def predictions():
    """Chosen threshold 0.6. Correct t0 t3; confused t1; missed t2 t4, and t5 unreadable; false alarm t6."""
    rows = [
        ("t0", "a", "a", 0.90),
        ("t1", "b", "b", 0.70),
        ("t2", NON, "a", 0.55),
        ("t3", "b", "b", 0.80),
        ("t4", NON, "b", 0.30),
        ("t5", NON, "", np.nan),
        ("t6", "c", "c", 0.65),
        ("t7", NON, "a", 0.50),
        ("t8", NON, "a", 0.20),
        ("t9", NON, "", np.nan),
    ]
    table = pd.DataFrame(rows, columns=["photo", "landmark_id", "best_landmark_id", "similarity"])
    table["reason"] = np.where(table["similarity"].isna(), "unreadable: truncated", "similarity")
    return table
