"""`Recognizer(verify="local")` in a workbench: local features asked where the centroids are in doubt.

    recognizer = local_recognizer(rival)              # gain and threshold chosen on tune
    against = against_alone(rival)                    # on the whole test split, without coordinates

Unlike the systems of notebook 08, which are asked a sample, it is chosen on all of tune: only the photos in
doubt, a few of a hundred, cost anything.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from sightlab.data.manifest import NON_LANDMARK
from sightlab.data.photos import open_photo
from sightlab.delf.features import LocalFeatures, extract
from sightlab.delf.hybrid import DelfEvidence
from sightlab.delf.store import store_of
from sightlab.evaluation.compare import Comparison, compare
from sightlab.evaluation.protocol import evaluate
from sightlab.nets.engine import compile_engine
from sightlab.pipeline_delf import Rival
from sightlab.pipeline_delf_hybrid import choose_hybrid, hybrid, hybrid_at, hybrid_scores
from sightlab.recognition.certified import threshold_for
from sightlab.recognition.local import HybridConfig, LocalVerification
from sightlab.recognition.recognizer import Recognizer

NAMES = ("centroids", "centroids, verify=local")


def asked_all(rival: Rival) -> Rival:
    """The same rival, asked every photo of a split."""
    most = len(rival.bench.manifest.photos)
    return Rival(rival.bench, replace(rival.settings, most_queries=most))


def choose_local(rival: Rival) -> tuple[LocalVerification, dict[str, float]]:
    """Gain, enough and threshold by all photos of tune, and what they bring there.

    Returns:
        What a recognizer needs; tune_sensitivity and tune_alone, both at the profile's rate of the same
        distractors, gain, enough, threshold, and share_asked of the tune photos.
    """
    whole = asked_all(rival)
    bench = rival.bench
    tune, limit, fpr = hybrid(whole, "tune"), bench.recognizer.thresholds.similarity, bench.profile.fpr
    config = choose_hybrid(tune, limit, fpr)
    is_distractor = (tune["landmark_id"] == NON_LANDMARK).to_numpy()
    scores = hybrid_scores(tune, limit, config)[is_distractor]
    threshold = threshold_for(scores, fpr, whole.confidence)
    facts = {
        "tune_sensitivity": hybrid_at(tune, limit, config, fpr).sensitivity,
        "tune_alone": hybrid_at(tune, limit, HybridConfig(gain=0), fpr).sensitivity,
        "gain": config.gain,
        "enough": config.enough,
        "threshold": threshold,
        "share_asked": float(tune["n_inliers"].notna().mean()),
    }
    return LocalVerification(DelfEvidence(rival.untuned, features_of(rival)), threshold, config), facts


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
    alone, local = rival.bench.recognizer, choose_local(rival)[0]
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
        local=local,
    )


def against_alone(rival: Rival, n_resamples: int = 500) -> Comparison:
    """The recognizer with verify="local" against the one without, on all test photos, without coordinates."""
    bench, truth = rival.bench, rival.bench.manifest.split("test").photos
    answers = [bench.recognize("test", False, recognizer) for recognizer in (None, local_recognizer(rival))]
    return compare(*(evaluate(table, truth, n_resamples=1) for table in answers), NAMES, n_resamples)


def local_numbers(rival: Rival, against: Comparison) -> dict[str, float]:
    """Flat results: local_<key> of what tune chose, and of both questions that a user would ask of test."""
    numbers = {f"local_{key}": float(value) for key, value in choose_local(rival)[1].items()}
    questions = against.questions.set_index("question")
    for key, question in (
        ("at_fpr_1pct", "sensitivity at FPR 1 %"),
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
    return {key: value for key, value in numbers.items() if np.isfinite(value)}
