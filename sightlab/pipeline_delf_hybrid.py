"""The hybrid in a workbench: centroids answer, local features are asked where the answer is in doubt.

    rows = hybrid_rows(rival, ("delf", "sift"))       # sensitivity on test, settings chosen on tune
    hybrid_numbers(rows)

Which local features are asked is a choice: DELF, or those of `learned.KINDS` that are installed. None of them
needs an index: the centroids have named the landmark, and only its photos are compared; by DELF all of the
database, by the others the few that are nearest.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from itertools import product

import numpy as np
import pandas as pd
from jaxtyping import Float
from threadpoolctl import threadpool_limits

from sightlab.data.manifest import NON_LANDMARK
from sightlab.data.photos import open_photo
from sightlab.delf.features import LocalFeatures
from sightlab.delf.hybrid import ENOUGH, GAINS, HybridConfig, combined, evidence, in_doubt
from sightlab.delf.learned import CONFIGS, LocalMatcher
from sightlab.evaluation.intervals import wilson
from sightlab.evaluation.metrics import OperatingPoint, at_threshold, sensitivity_at_fpr
from sightlab.nets.photo_stream import in_order
from sightlab.pipeline_delf import Rival
from sightlab.recognition.certified import threshold_for
from sightlab.workspace import artefact_key

VERSION = 2
COMPARED = (
    10  # photos of the landmark that a matcher is shown, the nearest by embedding: a pair takes it long
)
KEYPOINTS, LEAST_SIDE = 512, 512  # of a photo of 256 pixels, enlarged as LightGlue's authors do
PART = 20  # photos whose inliers by a matcher are stored together: what a kill can cost
ALONE = "centroids, similarity alone"  # without lead and references, as the hybrids are
KEYS = ("sensitivity_at_fpr_1pct", "sensitivity_at_fpr_1pct_low", "sensitivity_at_fpr_1pct_high")


def hybrid(rival: Rival, split: str, kind: str = "delf") -> pd.DataFrame:
    """The centroids' answers to the queries of a split, with inliers of those in doubt; stored.

    Args:
        kind: of the local features: "delf", or one of `learned.KINDS`.
    Returns:
        photo, landmark_id (the truth), best_landmark_id, similarity, n_inliers (NaN: not asked).
    """
    queries, answers, doubt, asked = _doubtful(rival, split)
    inliers = np.full(len(queries), np.nan)
    inliers[doubt] = inliers_of(rival, asked, kind, f"{split} photos in doubt")
    return pd.DataFrame(
        {
            "photo": queries["photo_id"].to_numpy(),
            "landmark_id": queries["landmark_id"].to_numpy(),
            "best_landmark_id": answers["best_landmark_id"].to_numpy(),
            "similarity": answers["similarity"].to_numpy(dtype=float),
            "n_inliers": inliers,
        }
    )


def has_hybrid(rival: Rival, kind: str) -> bool:
    """Whether the workspace holds the inliers of tune and test; nothing is computed."""
    keys = (
        artefact_key("delf_hybrid", VERSION, *_inliers_by(rival, part, kind))
        for split in ("tune", "test")
        for part in _parts(_doubtful(rival, split)[3], kind)
    )
    return all(rival.bench.workspace.has("delf_hybrid", key) for key in keys)


def _doubtful(rival: Rival, split: str) -> tuple[pd.DataFrame, pd.DataFrame, np.ndarray, pd.DataFrame]:
    """Queries, the centroids' answers to them, which are in doubt, and of these photo_id and landmark_id."""
    bench, queries = rival.bench, rival.queries(split)
    answers = bench.recognize(split, use_gps=False).set_index("photo").loc[queries["photo_id"]]
    similarity = answers["similarity"].to_numpy(dtype=float)
    doubt = in_doubt(similarity, threshold_alone(rival), HybridConfig())
    asked = pd.DataFrame({"photo_id": queries["photo_id"].to_numpy()[doubt]})
    asked["landmark_id"] = answers["best_landmark_id"].to_numpy(dtype=object)[doubt]
    return queries, answers, doubt, asked


def threshold_alone(rival: Rival) -> float:
    """The threshold of the similarity alone, without lead and references, for the profile's rate."""
    bench = rival.bench
    return bench.choose(bench.profile.fpr, bench.search(), to_verification=1.0, to_lead=0.0).similarity


def _parts(asked: pd.DataFrame, kind: str) -> list[pd.DataFrame]:
    """What is stored together: everything by DELF, whose features are stored before; a few by a matcher."""
    if kind == "delf":
        return [asked]
    return [asked.iloc[start : start + PART] for start in range(0, max(1, len(asked)), PART)]


def _inliers_by(rival: Rival, asked: pd.DataFrame, kind: str) -> tuple[dict, list[str]]:
    """Settings and inputs of the inliers."""
    database = rival.database_photos["photo_id"].tolist()
    settings = {"kind": kind, "asked": asked.to_numpy().tolist(), "database": database}
    made_by = [kind, rival.bench.table.key]  # of the network, its engine and the files
    if kind == "delf":
        made_by += [rival.net.key, repr(rival.config), repr(rival.settings.search.verification)]
    else:
        made_by += [repr(CONFIGS[kind]), f"{COMPARED}, {KEYPOINTS}, {LEAST_SIDE}"]
    return settings, made_by


def inliers_of(rival: Rival, asked: pd.DataFrame, kind: str, words: str) -> Float[np.ndarray, " n"]:
    """Inliers of every photo asked with the best database photo of the landmark beside it; stored.

    Args:
        asked: photo_id, landmark_id; a photo once.
        words: which photos, beside the progress bar.
    """
    ask = cache(lambda: _delf_asked(rival) if kind == "delf" else _matcher_asked(rival, kind))
    tables = [
        rival.bench.workspace.table(
            "delf_hybrid",
            VERSION,
            *_inliers_by(rival, part, kind),
            lambda part=part: pd.DataFrame({"n_inliers": np.array(ask()(part, words), dtype=float)}),
        )
        for part in _parts(asked, kind)
    ]
    return np.concatenate([table["n_inliers"].to_numpy(dtype=np.float64) for table in tables])


Ask = Callable[[pd.DataFrame, str], list[int]]  # photos in doubt, words -> inliers with the landmark's best


def _delf_asked(rival: Rival) -> Ask:
    def ask(asked: pd.DataFrame, words: str) -> list[int]:
        if not len(asked):
            return []
        store = rival.features(asked["photo_id"], f"local features of {words}")
        rows = enumerate(asked["landmark_id"])
        with threadpool_limits(1, "blas"):  # photos share the cores
            return list(in_order(lambda row: evidence(store[row[0]], row[1], rival.untuned).n_inliers, rows))

    return ask


def _matcher_asked(rival: Rival, kind: str) -> Ask:
    matcher = LocalMatcher(kind, KEYPOINTS, LEAST_SIDE)
    features = features_by(rival, matcher)

    def ask(asked: pd.DataFrame, words: str) -> list[int]:
        from tqdm.auto import tqdm

        rows, counts = zip(asked["photo_id"], asked["landmark_id"], strict=True), []
        for photo, landmark in tqdm(rows, total=len(asked), desc=f"{kind} on {words}"):
            query, others = features(photo), nearest_of(rival, photo, landmark)
            inliers = [matcher.verify(query, features(name)).n_inliers for name in others]
            counts.append(max(inliers, default=0))
        return counts

    return ask


def nearest_of(rival: Rival, photo_id: str, landmark_id: str) -> list[str]:
    """The database photos of a landmark that are nearest to a photo by embedding, at most `COMPARED`."""
    database, table = rival.database_photos, rival.bench.table
    own = database.loc[database["landmark_id"] == landmark_id, "photo_id"].to_numpy(dtype=object)
    if not len(own):
        return []
    near = table.rows(own) @ table.rows([photo_id])[0]
    return own[np.argsort(-near, kind="stable")[:COMPARED]].tolist()


def features_by(rival: Rival, matcher: LocalMatcher) -> Callable[[str], LocalFeatures]:
    """What a matcher sees in a photo of the manifest, by photo_id; each photo is opened once."""
    manifest = rival.bench.manifest
    paths = dict(zip(manifest.photos["photo_id"], manifest.paths(), strict=True))

    @cache
    def features(photo_id: str) -> LocalFeatures:
        return matcher.features(open_photo(paths[photo_id]))

    return features


def choose_hybrid(tune: pd.DataFrame, threshold: float, fpr: float) -> HybridConfig:
    """What inliers are worth: gain and enough with the highest sensitivity on tune; smallest of equals."""
    found = {
        (gain, enough): hybrid_at(tune, threshold, HybridConfig(gain=gain, enough=enough), fpr).sensitivity
        for gain, enough in product(GAINS, ENOUGH)
    }
    gain, enough = max(found, key=lambda pair: (found[pair], -pair[0], -pair[1]))
    return HybridConfig(gain=gain, enough=enough)


def hybrid_rows(rival: Rival, kinds: Sequence[str] = ("delf",), fpr: float = 0.01) -> pd.DataFrame:
    """The centroids by similarity alone, and a row for every kind of local features that they may ask.

    Returns:
        system (`ALONE`, "hybrid, delf", ...); on test the keys of `KEYS`, and sensitivity and fpr at a
        threshold that tune chose as it does for DELF, of similarity and inliers without lead and references;
        tune_sensitivity with the chosen settings beside tune_centroids without any, both at FPR 1 %; gain,
        enough (chosen on tune); share_verified of the test photos. The last five are NaN of `ALONE`.
    """
    threshold = threshold_alone(rival)
    rows = []
    for kind in kinds:
        tune, test = (hybrid(rival, split, kind) for split in ("tune", "test"))
        config = choose_hybrid(tune, threshold, fpr)
        if not rows:
            rows.append({"system": ALONE} | _on_test(rival, tune, test, HybridConfig(gain=0), fpr))
        rows.append(
            {"system": f"hybrid, {kind}"}
            | _on_test(rival, tune, test, config, fpr)
            | {
                "tune_sensitivity": hybrid_at(tune, threshold, config, fpr).sensitivity,
                "tune_centroids": hybrid_at(tune, threshold, HybridConfig(gain=0), fpr).sensitivity,
                "gain": config.gain,
                "enough": config.enough,
                "share_verified": float(test["n_inliers"].notna().mean()),
            }
        )
    return pd.DataFrame(rows)


def _on_test(
    rival: Rival, tune: pd.DataFrame, test: pd.DataFrame, config: HybridConfig, fpr: float
) -> dict[str, float]:
    """Sensitivity on test at an FPR of its own distractors, and where a threshold of tune stands."""
    point = hybrid_at(test, threshold_alone(rival), config, fpr)
    promised = _promised(rival, tune, test, config)
    found = dict(zip(KEYS, (point.sensitivity, *wilson(point.k, point.n)), strict=True))
    return found | {"sensitivity": promised.sensitivity, "fpr": promised.fpr_realized}


def hybrid_numbers(rows: pd.DataFrame) -> dict[str, float]:
    """Flat results: hybrid_<key> of DELF as the local features, hybrid_<kind>_<key> of the others."""
    numbers = {}
    for row in rows.to_dict("records"):
        kind = row.pop("system").removeprefix("hybrid, ")
        prefix = "hybrid_" if kind == "delf" else f"hybrid_{kind}_"
        numbers |= {prefix + key: float(value) for key, value in row.items()}
    return numbers


def _promised(rival: Rival, tune: pd.DataFrame, test: pd.DataFrame, config: HybridConfig) -> OperatingPoint:
    """Test at a threshold from the distractors of tune, for the rate and promise of the other systems."""
    limit = threshold_alone(rival)
    scores = hybrid_scores(tune, limit, config)[(tune["landmark_id"] == NON_LANDMARK).to_numpy()]
    threshold = threshold_for(scores, rival.bench.profile.fpr, rival.confidence)
    words = (test[c].to_numpy(dtype=object) for c in ("best_landmark_id", "landmark_id"))
    return at_threshold(hybrid_scores(test, limit, config), *words, threshold)


def hybrid_scores(answers: pd.DataFrame, threshold: float, config: HybridConfig) -> np.ndarray:
    """(Q,) similarities of what `hybrid` returns, with what the inliers add."""
    inliers = answers["n_inliers"].fillna(0).to_numpy(dtype=np.float64)
    return combined(answers["similarity"].to_numpy(dtype=np.float64), inliers, threshold, config)


def hybrid_at(answers: pd.DataFrame, threshold: float, config: HybridConfig, fpr: float) -> OperatingPoint:
    """Where what `hybrid` returns stands at an FPR of its own distractors."""
    words = (answers[c].to_numpy(dtype=object) for c in ("best_landmark_id", "landmark_id"))
    return sensitivity_at_fpr(hybrid_scores(answers, threshold, config), *words, fpr)
