"""`Recognizer(verify="local")` in a workbench: local features make up for a lead that is too short.

    recognizer = local_recognizer(rival)          # lead and inliers chosen on tune
    against = against_alone(rival)                # on the whole test split, without coordinates
    strangers = unknown_with_local(rival)         # photos of landmarks never taught, on tune

The lead keeps photos of unknown landmarks out, and costs photos of known ones whose rival is near. Geometry
can tell the two apart: a photo of a known landmark matches one of its kept photos, a stranger hardly. So with
local features the lead may be longer for the same number of right answers lost.

Shapes: Q tune photos.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float

from sightlab.data.manifest import NON_LANDMARK
from sightlab.data.photos import open_photo
from sightlab.delf.features import LocalFeatures, extract
from sightlab.delf.hybrid import DelfEvidence
from sightlab.delf.store import store_of
from sightlab.evaluation.compare import Comparison, compare
from sightlab.evaluation.protocol import evaluate
from sightlab.nets.engine import compile_engine
from sightlab.pipeline_delf import Rival
from sightlab.pipeline_delf_hybrid import inliers_of
from sightlab.pipeline_unknown import BeforeLastStage, answered_rates, before_last_stage, way_in_use
from sightlab.recognition.calibration import NO_LEAD
from sightlab.recognition.certified import threshold_for
from sightlab.recognition.gates import lacks_lead, passed
from sightlab.recognition.local import LocalVerification
from sightlab.recognition.recognizer import Recognizer

if TYPE_CHECKING:
    from sightlab.nets.embedding import EmbeddingTable
    from sightlab.recognition.calibration import Thresholds
    from sightlab.recognition.matches import Matches
    from sightlab.recognition.search import LandmarkSearch

NAMES = ("centroids", "centroids, verify=local")
ASKED = 0.25  # share of the right answers whose leads are tried: the shortest ones
BY_CHANCE = 0.01  # share of photos that reach the inliers that settle with a landmark that they do not show


class LeadChoice(NamedTuple):
    """What is asked of a photo with local features."""

    thresholds: Thresholds
    settles: int  # inliers that make up for a short lead
    longest: float  # lead that was tried; photos with a longer one were not asked about


def choose_lead(
    rival: Rival,
    search: LandmarkSearch,
    table: EmbeddingTable,
    photos: pd.DataFrame,
    thresholds: Thresholds,
    words: str = "tune",
) -> LeadChoice:
    """The longest lead that, with local features, loses no more right answers than the lead without.

    1. `settles`: so many inliers that of the right photos asked at most `BY_CHANCE` reach them with their
       rival.
    2. `lead`: right answers below it that do not reach them are as many as `thresholds.lead` loses.
    3. `similarity`: as before, or higher if the distractors that now pass ask for it, which may lose others.

    Args:
        search, table: as for `choose_thresholds`.
        photos: tune photos that `thresholds` were chosen with.
        thresholds: those without local features.
        words: which photos, beside the progress bar.
    """
    matches = search.match(table.rows(photos["photo_id"]))
    truth = photos["landmark_id"].to_numpy(dtype=object)
    lead = matches.ranked.lead[:, 0]
    but_for_lead = passed(matches, replace(thresholds, lead=NO_LEAD))[:, 0]
    is_right = but_for_lead & (search.landmark_ids[matches.landmark[:, 0]] == truth)
    leads = lead[is_right & np.isfinite(lead)]  # infinite: no rival
    if thresholds.lead == NO_LEAD or not len(leads):
        return LeadChoice(thresholds, 1, thresholds.lead)  # nothing that could be made up for
    longest = max(float(np.quantile(leads, ASKED)), thresholds.lead)
    tried = replace(thresholds, lead=longest)
    inliers = _inliers_of_short_leads(rival, search, photos, matches, tried, words)
    by_chance = _inliers_of_short_leads(rival, search, photos, matches, tried, words, of_rival=True)[is_right]
    settles = _settling(by_chance[~np.isnan(by_chance)])
    unsettled = lead[is_right & ~(inliers >= settles)]
    limit = _longest_lead(unsettled, int((is_right & (lead < thresholds.lead)).sum()), longest)
    chosen = replace(thresholds, lead=max(limit, thresholds.lead))
    is_in = _answered(matches, chosen, inliers, settles)
    scores = np.where(is_in, matches.similarity[:, 0], -np.inf)[truth == NON_LANDMARK]
    needed = threshold_for(scores, thresholds.fpr, thresholds.confidence)
    return LeadChoice(replace(chosen, similarity=max(thresholds.similarity, needed)), settles, longest)


def _inliers_of_short_leads(
    rival: Rival,
    search: LandmarkSearch,
    photos: pd.DataFrame,
    matches: Matches,
    thresholds: Thresholds,
    words: str,
    of_rival: bool = False,
) -> Float[np.ndarray, " Q"]:
    """Inliers of photos whose lead is short, with the best landmark or with its rival; NaN: not asked."""
    doubt = lacks_lead(matches, thresholds)
    about = (matches.ranked.rival if of_rival else matches.landmark)[doubt, 0]
    names = np.where(about >= 0, search.landmark_ids[about], "").astype(object)
    asked = photos.loc[doubt, ["photo_id"]].assign(landmark_id=names)
    inliers = np.full(len(photos), np.nan)
    inliers[doubt] = inliers_of(rival, asked, "delf", f"{words} photos with a short lead")
    return inliers


def _answered(
    matches: Matches, thresholds: Thresholds, inliers: Float[np.ndarray, " Q"], settles: int
) -> Bool[np.ndarray, " Q"]:
    return passed(matches, thresholds)[:, 0] | (lacks_lead(matches, thresholds) & (inliers >= settles))


def _settling(by_chance: Float[np.ndarray, " n"]) -> int:
    """Inliers that at most `BY_CHANCE` of the photos have with what they do not show."""
    return int(np.quantile(by_chance, 1 - BY_CHANCE, method="higher")) + 1 if len(by_chance) else 1


def _longest_lead(lead: Float[np.ndarray, " n"], may_lose: int, longest: float) -> float:
    """The longest lead, at most `longest`, that at most so many of the leads stay below."""
    below = np.sort(lead)
    return min(longest, float(below[may_lose])) if may_lose < len(below) else longest


def choose_local(rival: Rival) -> LeadChoice:
    """Lead and inliers by all photos of tune; inliers are stored."""
    bench, tune = rival.bench, rival.bench.manifest.split("tune").photos
    return choose_lead(rival, bench.search(), bench.table, tune, bench.recognizer.thresholds)


def features_of(rival: Rival) -> Callable[[str], LocalFeatures]:
    """Local features of a photo of the manifest, extracted when asked for, as exact as stored ones are."""
    manifest, net = rival.bench.manifest, rival.net
    paths = dict(zip(manifest.photos["photo_id"], manifest.paths(), strict=True))
    engine = compile_engine(net, None, rival.bench.profile.curriculum.engine, workspace=rival.bench.workspace)

    def features(photo_id: str) -> LocalFeatures:
        found = extract(open_photo(paths[photo_id]), engine, net.field, rival.config)
        return store_of([photo_id], [found], net.key)[0]

    return features


def local_recognizer(rival: Rival) -> Recognizer:
    """The bench's recognizer with verify="local"."""
    alone, choice = rival.bench.recognizer, choose_local(rival)
    source = DelfEvidence(rival.untuned, features_of(rival))
    return Recognizer(
        alone.gallery,
        alone.search.landmarks,
        alone.search.reference_vectors,
        alone.thresholds,
        alone.config,
        alone.search.pool,
        alone.probability,
        alone.search.witnesses,
        verify="local",
        local=LocalVerification(source, choice.thresholds, choice.settles),
    )


def against_alone(rival: Rival, n_resamples: int = 500) -> Comparison:
    """The recognizer with verify="local" against the one without, on all test photos, without coordinates."""
    bench, truth = rival.bench, rival.bench.manifest.split("test").photos
    answers = [bench.recognize("test", False, recognizer) for recognizer in (None, local_recognizer(rival))]
    return compare(*(evaluate(table, truth, n_resamples=1) for table in answers), NAMES, n_resamples)


def unknown_with_local(rival: Rival) -> pd.DataFrame | None:
    """Photos of landmarks that the network before the last stage has not learned: how many are answered?

    The local features are those of the whole run: where they look was taught on photos of these, too.

    Returns:
        way (`NAMES`), n, answered with answered_low, answered_high (bootstrap by landmark): of those photos;
        sensitivity, confusion_rate: of tune photos of the landmarks that it has learned. None with one stage.
    """
    bench = rival.bench
    if len(bench.stages) < 2:
        return None
    case = before_last_stage(bench, way_in_use(bench))
    where, words = (case.search, case.table), "tune, before the last stage:"
    with_local = choose_lead(rival, *where, case.known, case.thresholds, words)
    rows = []
    for name, choice in zip(NAMES, (None, with_local), strict=True):
        answered, is_right = _by_stage(rival, case, case.known, choice, words)
        is_landmark = (case.known["landmark_id"] != NON_LANDMARK).to_numpy()
        new, _ = _by_stage(rival, case, case.new, choice, words)
        facts = {"way": name} | answered_rates(new, case.new["landmark_id"].to_numpy(dtype=object))
        facts |= {"sensitivity": float((answered & is_right)[is_landmark].mean())}
        rows.append(facts | {"confusion_rate": float((answered & ~is_right)[is_landmark].mean())})
    return pd.DataFrame(rows)


def _by_stage(
    rival: Rival, case: BeforeLastStage, photos: pd.DataFrame, choice: LeadChoice | None, words: str
) -> tuple[np.ndarray, np.ndarray]:
    """Which photos are answered, and which of their best landmarks are right; None: nobody is asked."""
    matches = case.search.match(case.table.rows(photos["photo_id"]))
    is_right = case.search.landmark_ids[matches.landmark[:, 0]] == photos["landmark_id"].to_numpy(
        dtype=object
    )
    if choice is None:
        return passed(matches, case.thresholds)[:, 0], is_right
    tried = replace(case.thresholds, lead=choice.longest)
    inliers = _inliers_of_short_leads(rival, case.search, photos, matches, tried, words)
    return _answered(matches, choice.thresholds, inliers, choice.settles), is_right


def local_numbers(rival: Rival, against: Comparison, unknown: pd.DataFrame | None) -> dict[str, float]:
    """Flat results: local_<key> of what tune chose, of what a user would ask of test, and of strangers."""
    chosen, settles, _ = choose_local(rival)
    numbers = {"local_lead": chosen.lead, "local_lead_alone": rival.bench.recognizer.thresholds.lead}
    numbers |= {"local_settles": float(settles), "local_threshold": chosen.similarity}
    questions = against.questions.set_index("question")
    for key, question in (
        ("as_answered", "sensitivity at the chosen threshold"),
        ("rejected", "distractors rejected at the chosen threshold"),
    ):
        row = questions.loc[question]
        numbers |= {
            f"local_{key}_alone": float(row["first"]),
            f"local_{key}": float(row["second"]),
            f"local_{key}_gain_low": float(row["low"]),
            f"local_{key}_gain_high": float(row["high"]),
            f"local_{key}_p": float(row["p"]),
            f"local_{key}_n": int(row["n"]),
        }
    if unknown is not None:
        for end, row in zip(("_alone", ""), unknown.to_dict("records"), strict=True):
            keys = ("answered", "answered_low", "answered_high", "sensitivity")
            numbers |= {f"local_unknown_{key}{end}": float(row[key]) for key in keys}
    return {key: value for key, value in numbers.items() if np.isfinite(value)}
