"""What else a photo's similarity could be: rivals of the rule in use, measured on the same stored embeddings.

Shapes: Q photos, L landmarks, P photos of the non-landmark pool, N train photos, D embedding size.
Choices are made on tune. Each way gives a similarity and a best landmark for every photo; `league` tells them
apart with exact McNemar, Holm over all rows, and a bootstrap by landmark.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import pandas as pd
from jaxtyping import Float, Shaped

from sightlab.data.manifest import NON_LANDMARK
from sightlab.evaluation import metrics
from sightlab.evaluation.intervals import bootstrap_by_landmark, holm, mcnemar_exact
from sightlab.recognition.search import LandmarkSearch
from sightlab.recognition.similarity import PLAIN, SimilarityConfig, crowd_of

ARTICLE = "nearest centroid (article)"
OURS = "less crowd, less rival (ours)"
FPRS = (0.01, 0.005, 0.001)  # 0.5 % is about where a certified 1 % lies on a thousand distractors


class Scored(NamedTuple):
    """One way to score Q photos."""

    similarity: Float[np.ndarray, " Q"]
    best: Shaped[np.ndarray, " Q"]  # landmark ids


@dataclass(frozen=True, eq=False)
class StudyInputs:
    """Stored embeddings of the photos asked about, and of everything that is known."""

    vectors: Float[np.ndarray, "Q D"]  # queries, unit rows
    search: LandmarkSearch  # gallery, positions and pool; its similarity settings are those in use
    train_vectors: Float[np.ndarray, "N D"]  # kept train photos, unit rows
    train_landmarks: Shaped[np.ndarray, " N"]
    classifier: Mapping[str, np.ndarray]  # landmark_id -> (D,) row of the network's classifier; may be empty


def tried_scores(inputs: StudyInputs) -> dict[str, Scored]:
    """Every way that was tried, by name; the rule of the article first, the one in use second.

    Args:
        inputs: of tune to choose, of test to report.
    Returns:
        Name -> scores. Ways that need the classifier are left out where it is not given.
    """
    v, search = inputs.vectors, inputs.search
    settings = search.config.similarity
    cosine = _by_landmark(v, search)
    bare = crowd_of(v, search.pool, settings.pool_neighbors)[:, None]
    crowd = _weight(search) * bare
    photos = _nearest_photos(inputs, 3)
    ways = {
        "less crowd": cosine - crowd,
        "A - B - C (winners)": cosine - _centroid_crowd(search) - bare,
        "less crowd, per landmark": cosine - crowd - 0.5 * _tightness(inputs),
        "normalized by the pool (z)": _z_normalized(cosine, v, search),
        "mean of 3 nearest photos": photos,
        "3 photos, less crowd": photos - crowd,
        "whitened, less crowd": _whitened(inputs),
    }
    if inputs.classifier:
        rows = np.stack([inputs.classifier[str(name)] for name in search.landmark_ids])
        direction = v @ (rows / np.linalg.norm(rows, axis=1, keepdims=True)).T
        ways["classifier direction"] = direction
        ways["classifier, less crowd"] = direction - crowd
        ways["all three, less crowd"] = (cosine + photos + direction) / 3 - crowd
    scores = {ARTICLE: _scored(search, PLAIN, v), OURS: _scored(search, settings, v)}
    for name, table in ways.items():
        best = table.argmax(axis=1)
        scores[name] = Scored(table[np.arange(len(v)), best], search.landmark_ids[best])
    return scores


def league(
    scores: Mapping[str, Scored],
    truth: Shaped[np.ndarray, " Q"],
    reference: str = ARTICLE,
    n_resamples: int = 300,
    seed: int = 0,
) -> pd.DataFrame:
    """A row for each way, against one of them.

    Args:
        scores: from `tried_scores`, or others of the same photos.
        truth: (Q,) landmark of each photo, `NON_LANDMARK` for distractors.
        reference: the way that the others are held against.
        n_resamples: bootstrap draws.
        seed: of the bootstrap.
    Returns:
        way, sensitivity and confusion at each of `FPRS`, closed_set_accuracy, micro_ap; at FPR 1 % and
        0.5 %: difference to the reference with low, high (paired bootstrap, 95 %), only_reference,
        only_this (photos that one alone got right), p (exact McNemar), p_holm (over all rows of that rate).
    """
    is_landmark = truth != NON_LANDMARK
    rows = [{"way": name} | _measured(scored, truth, is_landmark) for name, scored in scores.items()]
    table = pd.DataFrame(rows)
    names = list(scores)
    for fpr in FPRS[:2]:
        end = f"_{100 * fpr:g}pct"
        right = {name: _right_at(scored, truth, fpr) for name, scored in scores.items()}

        def gains(index: np.ndarray, fpr: float = fpr) -> np.ndarray:
            drawn = [_right_at(_take(scores[name], index), truth[index], fpr) for name in names]
            base = drawn[names.index(reference)]
            return np.array([(r.sum() - base.sum()) / is_landmark[index].sum() for r in drawn])

        table["difference" + end] = gains(np.arange(len(truth)))
        table["low" + end], table["high" + end] = bootstrap_by_landmark(gains, truth, n_resamples, seed=seed)
        base = right[reference]
        table["only_reference" + end] = [int((base & ~right[name]).sum()) for name in names]
        table["only_this" + end] = [int((right[name] & ~base).sum()) for name in names]
        pairs = zip(table["only_reference" + end], table["only_this" + end], strict=True)
        table["p" + end] = [mcnemar_exact(int(a), int(b)) for a, b in pairs]
        others = table["way"] != reference
        table["p_holm" + end] = 1.0
        table.loc[others, "p_holm" + end] = holm(table.loc[others, "p" + end].to_numpy())
    return table


def _scored(search: LandmarkSearch, settings, vectors: np.ndarray) -> Scored:
    """By the search itself, with other similarity settings."""
    config = replace(search.config, similarity=settings)
    other = LandmarkSearch(search.gallery, search.landmarks, {}, config, search.pool)
    matches = other.match(vectors)
    return Scored(matches.similarity[:, 0], other.landmark_ids[matches.landmark[:, 0]])


def _weight(search: LandmarkSearch) -> float:
    """Share of the crowd that tried ways take off: as the search does, or as usual if it takes off none."""
    return search.config.similarity.pool_weight or SimilarityConfig().pool_weight


def _by_landmark(vectors: np.ndarray, search: LandmarkSearch) -> np.ndarray:
    """(Q, L) cosine to the best centroid of each landmark."""
    _, start = np.unique(search.gallery.landmark_ids.astype(str), return_index=True)
    return np.maximum.reduceat(vectors @ search.gallery.vectors.T, start, axis=1)


def _nearest_photos(inputs: StudyInputs, k: int) -> np.ndarray:
    """(Q, L) mean cosine to the k nearest train photos of each landmark."""
    found = []
    for name in inputs.search.landmark_ids:
        own = inputs.vectors @ inputs.train_vectors[inputs.train_landmarks == name].T
        found.append(np.sort(own, axis=1)[:, -k:].mean(axis=1))
    return np.stack(found, axis=1)


def _centroid_crowd(search: LandmarkSearch) -> np.ndarray:
    """(L,) mean cosine of each landmark's first centroid to its 5 nearest photos of the pool."""
    if len(search.pool) == 0:
        return np.zeros(len(search.landmark_ids))
    _, start = np.unique(search.gallery.landmark_ids.astype(str), return_index=True)
    return crowd_of(search.gallery.vectors[start], search.pool, 5)


def _tightness(inputs: StudyInputs) -> np.ndarray:
    """(L,) cosine to its centroids that nine of ten train photos of a landmark exceed."""
    cosine = _by_landmark(inputs.train_vectors, inputs.search)
    own = [cosine[inputs.train_landmarks == name, i] for i, name in enumerate(inputs.search.landmark_ids)]
    return np.array([np.quantile(values, 0.1) for values in own])


def _z_normalized(cosine: np.ndarray, vectors: np.ndarray, search: LandmarkSearch) -> np.ndarray:
    """Cosine in standard deviations of the photo's cosines to the whole pool (T-norm)."""
    if len(search.pool) < 2:
        return cosine
    cohort = vectors @ search.pool.T
    return (cosine - cohort.mean(axis=1, keepdims=True)) / cohort.std(axis=1, keepdims=True)


def _whitened(inputs: StudyInputs) -> np.ndarray:
    """(Q, L) the rule "less crowd" in a space where train photos spread alike in all directions."""
    search, settings = inputs.search, inputs.search.config.similarity
    known = np.concatenate([inputs.train_vectors, search.pool])
    mean = known.mean(axis=0)
    values, axes = np.linalg.eigh(np.cov((known - mean).T))
    turn = axes @ np.diag((values + values.mean()) ** -0.5) @ axes.T  # shrunk halfway to a sphere

    def whiten(x: np.ndarray) -> np.ndarray:
        turned = (x - mean) @ turn
        return turned / np.linalg.norm(turned, axis=1, keepdims=True)

    train = whiten(inputs.train_vectors)
    means = np.stack([train[inputs.train_landmarks == name].mean(axis=0) for name in search.landmark_ids])
    means /= np.linalg.norm(means, axis=1, keepdims=True)
    queries = whiten(inputs.vectors)
    crowd = crowd_of(queries, whiten(search.pool), settings.pool_neighbors) if len(search.pool) else 0.0
    return queries @ means.T - _weight(search) * np.reshape(crowd, (-1, 1))


def _measured(scored: Scored, truth: np.ndarray, is_landmark: np.ndarray) -> dict:
    is_right = is_landmark & (scored.best == truth)
    found = {}
    for fpr in FPRS:
        point = metrics.sensitivity_at_fpr(scored.similarity, scored.best, truth, fpr)
        end = f"_at_fpr_{100 * fpr:g}pct"
        found |= {"sensitivity" + end: point.sensitivity, "confusion" + end: point.confusion_rate}
    found["closed_set_accuracy"] = metrics.closed_set_accuracy(scored.best, truth)
    return found | {"micro_ap": metrics.micro_ap(scored.similarity, is_right, int(is_landmark.sum()))}


def _right_at(scored: Scored, truth: np.ndarray, fpr: float) -> np.ndarray:
    threshold = metrics.sensitivity_at_fpr(scored.similarity, scored.best, truth, fpr).threshold
    return (scored.similarity > threshold) & (scored.best == truth) & (truth != NON_LANDMARK)


def _take(scored: Scored, index: np.ndarray) -> Scored:
    return Scored(scored.similarity[index], scored.best[index])
