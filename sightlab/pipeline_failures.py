"""The failures of a workbench, and the explorer of them: the entry for notebook 09.

table = failures.answers(bench)                    # every test photo, failures first
fails = table[table["is_failure"]]
failures.explorer(bench, fails.query("region == 'europe'"), reviewer="ann")
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from getpass import getuser
from typing import TYPE_CHECKING

import pandas as pd

from sightlab.checks import check_columns
from sightlab.data.photos import open_photo
from sightlab.evaluation.compare import Comparison, compare
from sightlab.evaluation.protocol import evaluate
from sightlab.nets.network import network_key
from sightlab.views.explorer_card import Evidence
from sightlab.views.explorer_failures import FailureExplorer, explore
from sightlab.views.failures import answer_table
from sightlab.views.projection import umap_coordinates

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from sightlab.pipeline import Workbench

VERSION = 3
MATCHED_PIXELS = 640  # long side of photos whose keypoints are matched


def answers(bench: Workbench, use_gps: bool = True) -> pd.DataFrame:
    """Every test photo with its answer, outcome and severity, see `answer_table`; kept in the workspace."""
    recognizer = bench.recognizer
    settings = {
        "use_gps": use_gps,
        "recognizer": asdict(recognizer.config),
        "thresholds": recognizer.thresholds.to_dict(),
        "facts": bench.manifest.key,
    }
    inputs = [bench.table.key, bench.gallery.key]

    def make() -> pd.DataFrame:
        said, truth = bench.recognize("test", use_gps), bench.manifest.split("test").photos
        return answer_table(evaluate(said, truth, n_resamples=1).outcomes, said)

    return bench.workspace.table("failures", VERSION, settings, inputs, make)


def evidence(bench: Workbench, local_matches: Callable[[str, str], bytes] | None = None) -> Evidence:
    """What cards are made of; the network itself is read when the first map is asked for."""
    return Evidence(
        manifest=bench.manifest,
        table=bench.table,
        gallery=bench.gallery,
        load_network=lambda: bench.network,
        model=network_key(bench.network),
        square_km=bench.profile.recognizer.square_km,
        local_matches=local_matches,
    )


def explorer(
    bench: Workbench,
    photos: pd.DataFrame,
    reviewer: str = "",
    is_blind: bool = False,
    title: str = "failures",
    name: str = "failures",
    local_matches: Callable[[str, str], bytes] | None = None,
) -> FailureExplorer:
    """An explorer of some photos of the test, with everything that the workbench knows of them.

    Args:
        photos: any frame with photo_id; columns of `answers` that it lacks are added.
        reviewer: who judges; "": the name of the user's account.
        is_blind, title, name: as `views.explorer_failures.explore`.
        local_matches: photo_id and reference -> PNG of their matches, for key M; None: `sift_matches`.
    Returns:
        The widget. Verdicts go to the folder reviews/ of the workspace.
    """
    check_columns(photos, ("photo_id",), "photos")
    table = answers(bench)
    added = [column for column in table.columns if column not in photos.columns]
    known = table.set_index("photo_id", drop=False)[added].reindex(photos["photo_id"])
    return explore(
        evidence(bench, local_matches or sift_matches(bench)),
        pd.concat([photos.reset_index(drop=True), known.reset_index(drop=True)], axis=1),
        reviews=bench.workspace.root / "reviews",
        reviewer=reviewer or account(),
        is_blind=is_blind,
        outcomes=table,
        thresholds=bench.recognizer.thresholds,
        plane=umap_coordinates(bench.table, bench.workspace),
        title=title,
        name=name,
    )


def sift_matches(bench: Workbench) -> Callable[[str, str], bytes]:
    """Photo and reference -> PNG with lines between the keypoints that one plane explains, made on demand.

    SIFT, since it needs neither weights nor a run of notebook 08. The caption tells how many inliers as many
    random matches would give.
    """
    paths = dict(zip(bench.manifest.photos["photo_id"], bench.manifest.paths(), strict=True))

    def matches(photo_id: str, reference: str) -> bytes:
        from sightlab.delf.learned import LocalMatcher
        from sightlab.delf.verification import null_quantile
        from sightlab.views.figures_cam import reduced
        from sightlab.views.figures_delf import MatchPicture, match_sheet

        photos = [reduced(open_photo(paths[name]), MATCHED_PIXELS) for name in (photo_id, reference)]
        matcher = LocalMatcher("sift")
        features = [matcher.features(photo) for photo in photos]
        found = matcher.verify(*features)
        n = len(found.matches)
        by_chance = null_quantile(20 * round(n / 20), matcher.config, n_draws=50)
        caption = f"{found.n_inliers} of {n} matches agree; {by_chance:.0f} would by chance (99 %)"
        a, b = found.matches[found.is_inlier].T
        picture = MatchPicture(*photos, features[0].points[a], features[1].points[b], caption)
        return match_sheet([picture], columns=1)._repr_png_()

    return matches


def account() -> str:
    """The name of the user's account, or "reviewer" where it has none."""
    try:
        return getuser()
    except (KeyError, OSError):  # a container without a user of this number
        return "reviewer"


def worst_sheet(bench: Workbench, fails: pd.DataFrame, n: int = 24) -> Figure:
    """A contact sheet of the first failures, outlined by outcome; a note if there is none."""
    from sightlab.views import figures
    from sightlab.views.figures_photos import empty_sheet

    worst = fails.head(n)
    if worst.empty:
        return empty_sheet("No photo of this slice fails.")
    captions = [
        f"{row.landmark_id.replace('_', ' ')}\n{row.outcome.replace('_', ' ')}: "
        f"{row.best_landmark_id.replace('_', ' ')}\n{row.similarity:.2f}, threshold {row.threshold:.2f}"
        for row in worst.itertuples()
    ]
    paths = [bench.manifest.root / path for path in worst["path"]]
    return figures.contact_sheet(paths, captions, columns=8, outline_colors=list(worst["outcome"]))


def changes(bench: Workbench, use_gps: bool = False, n_resamples: int = 200) -> Comparison:
    """The recognizer in use against the article's rule on the same test photos: fixed, broken, both wrong."""
    truth = bench.manifest.split("test").photos
    rules = (bench.plain_recognizer, bench.recognizer)
    first, second = (evaluate(bench.recognize("test", use_gps, r), truth, n_resamples=1) for r in rules)
    return compare(first, second, ("cosine (article)", "sightlab"), n_resamples)
