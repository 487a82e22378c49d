"""A review page in one file: photos beside their maps, verdicts by key, for a browser without a network.

    write_bundle(cards, maps, Path("review.html"), model=network_key(network))

Maps are kept as small as they are (7 x 7 numbers) and drawn by the page, so the color scale is one for the
whole page, and opacity, target and native grid change at once. Verdicts stay in the browser until they are
exported as the JSON lines of `review`, which `review.take_in` merges.

Shapes: N photos, hxw map.
Source: ours.
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from jaxtyping import Float

from sightlab.checks import InputError, check_columns, check_count, check_unique
from sightlab.data.photos import UnreadablePhoto
from sightlab.evaluation.metrics import OUTCOMES
from sightlab.views.figures_cam import COLORMAP
from sightlab.views.pages import data_uri, jpeg, open_small, readable, render, write_page, write_part
from sightlab.views.review import VERDICTS

CARD_COLUMNS = (
    "photo_id", "path", "answer", "best", "runner_up", "similarity", "threshold", "margin", "reason", "trace"
)  # fmt: skip
TARGETS = {  # what a map can be about, in the order in which the key C goes through them
    "predicted": "evidence for the best landmark",
    "true": "evidence for the true landmark",
    "runner_up": "evidence for the runner-up",
    "difference": "best landmark minus the true one, or minus the runner-up where it is right",
}
HIDDEN_WHEN_BLIND = ("true", "difference")  # targets that tell the truth
