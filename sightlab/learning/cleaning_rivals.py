"""Rivals of cleaning by references: every way says how little a photo looks like each landmark.

A way is a `Suspicion`: a table (N, C), lower = more like that landmark, and the value above which a photo is
dropped. So all of them can be cut by the same rule that the cleaner in use has, or by the rule their authors
give, and told apart by `evaluation.cleaning_study`.

Shapes: N photos, C landmarks, R references of a landmark, D embedding size.
Source: the article's mean, Boiarov & Tyantov 2019; confident learning, Northcutt et al. 2021 (cleanlab);
sub-centers, Deng et al., ECCV 2020 (pytorch-metric-learning). Margin, second look and the common rule: ours.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from sightlab.checks import InputError, check_count, check_range
from sightlab.learning.cleaning import nearest_kept_distances, same_count_threshold
from sightlab.learning.cleaning_distances import equal_error_threshold


@dataclass(frozen=True, eq=False)
class CleaningInputs:
    """What every way may look at: embeddings, the landmark filed, and the references. Never the truth."""

    vectors: Float[np.ndarray, "N D"]  # unit rows of the photos to judge
    column: Int[np.ndarray, " N"]  # the landmark that each is filed under, 0..C-1
    references: tuple[Float[np.ndarray, "_ D"], ...]  # C arrays of unit rows, R >= 1 each
    is_reference: Bool[np.ndarray, " N"] | None = None  # photos among the references; None: no photo is

    def __post_init__(self):
        bare = [c for c, own in enumerate(self.references) if len(own) == 0]
        if bare or len(self.references) < 2:
            raise InputError(
                f"cleaners are compared on two landmarks or more, each with a reference; got "
                f"{len(self.references)} landmarks, without references: {bare or 'none'}. Leave those out."
            )

    @property
    def counts(self) -> Int[np.ndarray, " C"]:
        """(C,) photos filed under each landmark."""
        return np.bincount(self.column, minlength=len(self.references))


@dataclass(frozen=True, eq=False)
class Suspicion:
    """How suspect N photos are as photos of each of C landmarks."""

    table: Float[np.ndarray, "N C"]  # lower = more like the landmark
    threshold: Float[np.ndarray, " C"]  # above it a photo filed under the landmark is dropped

    def score(self, column: Int[np.ndarray, " N"]) -> Float[np.ndarray, " N"]:
        """(N,) how far above its landmark's threshold each photo is; > 0: dropped, higher = more suspect."""
        return self.table[np.arange(len(column)), column] - self.threshold[column]


def reference_distances(inputs: CleaningInputs, summary: str, softness: float = 0.1) -> np.ndarray:
    """(N, C) distance of every photo to the references of every landmark, summarized.

    Args:
        summary: "mean" (the article), "min" (one good angle is enough), or "soft_min" between the two.
        softness: of the soft minimum, in units of distance, > 0; small: nearly the minimum.
    Returns:
        In [0, 2], lower = closer.
    """
    check_range(softness, "softness", 0, low_open=True)
    columns = []
    for own in inputs.references:
        distance = np.sqrt(np.maximum(2 - 2 * inputs.vectors @ own.T, 0)).astype(np.float64)  # (N, R)
        if summary == "mean":
            columns.append(distance.mean(axis=1))
        elif summary == "min":
            columns.append(distance.min(axis=1))
        elif summary == "soft_min":
            least = distance.min(axis=1, keepdims=True)  # taken out first, or the exponentials vanish
            weight = np.exp(-(distance - least) / softness)
            columns.append(least[:, 0] - softness * np.log(weight.mean(axis=1)))
        else:
            raise InputError(f"summary={summary!r} is unknown. Choose mean, min or soft_min.")
    return np.stack(columns, axis=1)


def margin(table: Float[np.ndarray, "N C"]) -> Float[np.ndarray, "N C"]:
    """Distance to a landmark less that to the nearest other one: suspect if another fits better."""
    order = np.sort(table, axis=1)
    is_best = table == order[:, :1]
    return table - np.where(is_best, order[:, 1:2], order[:, :1])


def second_look(inputs: CleaningInputs, first: Suspicion, k: int = 5) -> Suspicion:
    """The cleaner in use: as many photos dropped as by a first look, those furthest from what it kept.

    As in `clean`, references are kept by both looks and do not count; no reference scores above 0.
    """
    kept_anyway = inputs.is_reference
    if kept_anyway is None:
        kept_anyway = np.zeros(len(inputs.column), dtype=bool)
    keep = (first.score(inputs.column) <= 0) | kept_anyway
    again = nearest_kept_distances(inputs.vectors, inputs.column, keep, k)
    own = np.arange(len(again)), inputs.column
    again = np.where(np.isnan(again), first.table[own], again)
    threshold = same_count_threshold(again[~kept_anyway], int((~keep).sum()))
    table = first.table.copy()
    table[own] = np.where(kept_anyway, np.minimum(again, threshold), again)
    return fixed_rule(table, threshold)


def neighbor_disagreement(inputs: CleaningInputs, k: int = 10) -> Float[np.ndarray, "N C"]:
    """Share of the k nearest other photos that are *not* filed under each landmark; no reference is used.

    A landmark with n photos can have only n - 1 neighbors of its own: its k is no larger.
    """
    check_count(k, "k")
    order = np.argsort(_distances(inputs.vectors), axis=1, kind="stable")[:, :-1]  # itself is last
    n_classes, counts = len(inputs.references), inputs.counts
    found = np.empty((len(inputs.vectors), n_classes))
    for c in range(n_classes):
        near = order[:, : max(1, min(k, int(counts[c]) - 1))]
        found[:, c] = 1 - (inputs.column[near] == c).mean(axis=1)
    return found


def out_of_sample_doubt(inputs: CleaningInputs, n_folds: int = 5, seed: int = 0) -> np.ndarray:
    """(N, C) 1 - probability of each landmark, by a linear classifier that has not seen the photo.

    It learns from the dirty labels of the other folds; no reference is used.

    Args:
        n_folds: at most, >= 2; as many as the smallest landmark has photos, if those are fewer.
        seed: of the folds.
    Raises:
        InputError: a landmark with fewer than two photos: out of sample nothing is left to learn it from.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold, cross_val_predict

    check_count(n_folds, "n_folds", 2)
    counts = inputs.counts
    if counts.min() < 2:
        raise InputError(
            f"two folds need two photos of every landmark; landmark number {counts.argmin()} has "
            f"{counts.min()}. Leave that landmark out, or this cleaner."
        )
    n_folds = min(n_folds, int(counts.min()))
    folds = StratifiedKFold(n_folds, shuffle=True, random_state=seed)
    scaled = inputs.vectors * np.sqrt(inputs.vectors.shape[1])  # unit variance, so that C = 1 is no riddle
    model = LogisticRegression(C=0.01, max_iter=300)
    return 1 - cross_val_predict(model, scaled, inputs.column, cv=folds, method="predict_proba")


def confident_learning(inputs: CleaningInputs, doubt: Float[np.ndarray, "N C"]) -> Suspicion:
    """Cut where cleanlab cuts: photos it finds to be off the diagonal of its confident joint are dropped.

    Its verdict has no threshold of the kind the others have; the rank of cleanlab's own label quality stands
    for the score, and the number of photos it drops for the threshold.

    Args:
        doubt: (N, C) of `out_of_sample_doubt`.
    Source: Northcutt, Jiang & Chuang 2021.
    """
    from cleanlab.filter import find_label_issues
    from cleanlab.rank import get_label_quality_scores

    probability = 1 - doubt
    probability = probability / probability.sum(axis=1, keepdims=True)
    dropped = find_label_issues(inputs.column, probability, n_jobs=1)
    quality = get_label_quality_scores(inputs.column, probability, method="normalized_margin")
    table = doubt.copy()
    # one number a photo: those that cleanlab drops above 1, in the order of its quality score
    table[np.arange(len(table)), inputs.column] = np.where(dropped, 2.0, 0.0) + (1 - quality)
    return Suspicion(table, np.full(table.shape[1], 1.5))


def sub_center_angles(
    inputs: CleaningInputs, n_sub_centers: int = 3, epochs: int = 20, seed: int = 0
) -> Float[np.ndarray, "N C"]:
    """(N, C) degrees between each photo and the dominant sub-center of each landmark, [0, 180].

    A sub-center ArcFace head learns on the stored embeddings: wrong photos gather at the lesser sub-centers.
    No reference is used, and every photo is judged by a head that has seen it, as in the original.

    Args:
        n_sub_centers: of each landmark.
        epochs: passes over the photos, in batches of 128.
        seed: of weights and order.
    """
    import torch
    from pytorch_metric_learning.losses import SubCenterArcFaceLoss

    n, dim = inputs.vectors.shape
    n_classes = len(inputs.references)
    x, y = torch.tensor(inputs.vectors), torch.tensor(inputs.column)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        head = SubCenterArcFaceLoss(
            num_classes=n_classes, embedding_size=dim, margin=28.6, scale=30, sub_centers=n_sub_centers
        )
        optimizer = torch.optim.Adam(head.parameters(), lr=0.02)
        for _ in range(epochs):
            for rows in torch.randperm(n).split(128):
                optimizer.zero_grad()
                head(x[rows], y[rows]).backward()
                optimizer.step()
    with torch.no_grad():
        centers = torch.nn.functional.normalize(head.W.T).view(n_classes, n_sub_centers, dim)
        cosine = torch.einsum("nd,ckd->nck", x, centers).numpy()
    nearest = cosine.argmax(axis=2)  # (N, C) which sub-center each photo would join
    angles = np.empty((n, n_classes))
    for c in range(n_classes):
        members = np.bincount(nearest[inputs.column == c, c], minlength=n_sub_centers)
        angles[:, c] = np.degrees(np.arccos(np.clip(cosine[:, c, members.argmax()], -1, 1)))
    return angles


def global_rule(inputs: CleaningInputs, table: Float[np.ndarray, "N C"]) -> Suspicion:
    """One threshold for all landmarks, by the equal-error rule of the cleaner in use."""
    own = table[np.arange(len(table)), inputs.column]
    is_other = np.arange(table.shape[1])[None, :] != inputs.column[:, None]
    threshold = equal_error_threshold(own, table[is_other])
    return Suspicion(table, np.full(table.shape[1], threshold))


def landmark_rule(inputs: CleaningInputs, table: Float[np.ndarray, "N C"]) -> Suspicion:
    """A threshold for each landmark: the same rule, for its own photos against those of all others."""
    thresholds = []
    for c in range(table.shape[1]):
        is_own = inputs.column == c
        thresholds.append(equal_error_threshold(table[is_own, c], table[~is_own, c]))
    return Suspicion(table, np.array(thresholds))


def fixed_rule(table: Float[np.ndarray, "N C"], threshold: float) -> Suspicion:
    """One threshold for all, given beforehand."""
    return Suspicion(table, np.full(table.shape[1], float(threshold)))


def _distances(vectors: Float[np.ndarray, "N D"]) -> Float[np.ndarray, "N N"]:
    """Of every photo to every other; infinite to itself, so that no photo is its own witness."""
    distance = np.sqrt(np.maximum(2 - 2 * vectors @ vectors.T, 0)).astype(np.float64)
    np.fill_diagonal(distance, np.inf)
    return distance
