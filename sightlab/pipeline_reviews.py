"""What reviewers judged, for people without Jupyter: a sheet of photos, maps and verdicts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sightlab.checks import InputError
from sightlab.data.photos import open_photo
from sightlab.nets.backbones import square_photo
from sightlab.nets.network import LandmarkNet, network_key
from sightlab.pipeline_failures import answers
from sightlab.views import figures
from sightlab.views.cam_targets import Seen
from sightlab.views.explorer_maps import SIMILARITIES, TARGETS, Wanted, wanted
from sightlab.views.figures_photos import empty_sheet
from sightlab.views.review_lines import VERDICTS

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from sightlab.pipeline import Workbench


def judged(bench: Workbench, reviews: pd.DataFrame) -> pd.DataFrame:
    """Maps that somebody judged, those that reviewers see differently first, then in the order of the photos.

    Args:
        reviews: `read_reviews`; only those of this network and of maps about classes count.
    Returns:
        photo_id, path, answered and instead (see `wanted`), said (who: verdict, all reviewers).
    """
    is_ours = (reviews["model"] == network_key(bench.network)) & (reviews["verdict"] != "")
    of_class = reviews["target"].isin([target for target in TARGETS if target not in SIMILARITIES])
    known, rows = answers(bench).set_index("photo_id", drop=False), []
    for (photo_id, target), group in reviews[is_ours & of_class].groupby(["photo_id", "target"]):
        pair = _classes(target, photo_id, known, bench.network)
        if pair is not None:
            said = ", ".join(f"{row.reviewer}: {VERDICTS[row.verdict]}" for row in group.itertuples())
            facts = {"photo_id": photo_id, "path": known.loc[photo_id, "path"], **pair._asdict()}
            rows.append(facts | {"said": said, "differ": group["verdict"].nunique()})
    columns = ["photo_id", "path", "answered", "instead", "said", "differ"]
    table = pd.DataFrame(rows, columns=columns)
    return table.sort_values("differ", ascending=False, kind="stable", ignore_index=True)[columns[:-1]]


def review_sheet(bench: Workbench, reviews: pd.DataFrame, most: int = 24) -> Figure:
    """Each judged photo beside the map, with what it was asked and what reviewers said; one scale for all.

    Args:
        reviews: `read_reviews`; which and in which order, see `judged`.
        most: maps at most.
    """
    table = judged(bench, reviews).head(most)
    if table.empty:
        return empty_sheet("No map of this network was judged yet.")
    photos = [open_photo(bench.manifest.root / path) for path in table["path"]]
    size = bench.network.config.input_size
    seen = Seen.of(bench.network, np.stack([square_photo(photo, size) for photo in photos]))
    maps = seen.of_class(table["answered"].tolist()).values
    is_difference = (table["instead"] != "").to_numpy()
    if is_difference.any():
        others = Seen(bench.network, seen.last[is_difference])
        maps[is_difference] -= others.of_class(table.loc[is_difference, "instead"].tolist()).values
    captions = [
        f"{row.answered}{f' rather than {row.instead}' if row.instead else ''}\n{row.said}"
        for row in table.itertuples()
    ]
    return figures.cam_sheet(photos, maps, captions, columns=3, limit=figures.full_color([maps]))


def _classes(target: str, photo_id: str, known: pd.DataFrame, network: LandmarkNet) -> Wanted | None:
    """What a judged map was about; None for a photo that is not in this test, or classes not taught."""
    if photo_id not in known.index:
        return None
    try:
        pair = wanted(target, known.loc[photo_id])
    except InputError:
        return None
    return pair if {*pair} <= {"", *network.class_ids} else None
