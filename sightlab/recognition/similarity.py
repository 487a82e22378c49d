"""From cosine to similarity: how much of a likeness is about this landmark, and not about any photo at all.

    similarity = cosine - pool_weight * crowd - rival_weight * log(1 + exp((rival - cosine) / rival_width))

`cosine` is that of the photo and the nearest centroid of a landmark. `crowd` is the mean cosine of the photo
and its nearest non-landmark photos of train, at least 0: what resembles many things is nothing in particular.
`rival` is the cosine of the best landmark of *another place*: a photo that fits two places of the world alike
is probably of neither. Landmarks of one place are no rivals, since one photo may show them both. The
similarity is cut off at -1, so that it stays on the scale of a cosine.

Shapes: Q photos, P photos of the pool, D embedding size.
Source: the crowd is term C, with a weight, of A - B - C, re-ranking by non-landmarks of the winners of the
Google Landmarks challenges; term B, the crowd of the centroid, made things worse here. The rival and all
weights are ours, chosen on tune with two trained networks; notebook 07 shows what else was tried.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from sightlab.checks import check_count, check_range


@dataclass(frozen=True)
class SimilarityConfig:
    """What is taken off the cosine. Both weights 0: the plain nearest-centroid rule of the article."""

    pool_weight: float = 0.6  # share of the crowd taken off, [0, 2]
    pool_neighbors: int = 10  # photos of the pool that make the crowd
    max_pool: int = 2000  # photos of the pool that are kept; of more, a seeded sample
    rival_weight: float = 0.3  # how much a rival counts, [0, 10]
    rival_width: float = 0.03  # difference of cosines at which a rival begins to count, (0, 1]
    place_km: float = 5.0  # landmarks in a square of this side are one place, (0, 1000] km
    seed: int = 0  # of the sample

    def __post_init__(self):
        check_range(self.pool_weight, "pool_weight", 0, 2)
        check_count(self.pool_neighbors, "pool_neighbors")
        check_count(self.max_pool, "max_pool")
        check_range(self.rival_weight, "rival_weight", 0, 10)
        check_range(self.rival_width, "rival_width", 0, 1, low_open=True)
        check_range(self.place_km, "place_km", 0, 1000, low_open=True)


PLAIN = SimilarityConfig(pool_weight=0.0, rival_weight=0.0)  # similarity = cosine


def kept_pool(pool: Float[np.ndarray, "P D"], config: SimilarityConfig) -> Float[np.ndarray, "p D"]:
    """The photos of the pool that are kept: all, or a seeded sample of `max_pool`, in order."""
    if len(pool) <= config.max_pool:
        return pool
    chosen = np.random.default_rng(config.seed).choice(len(pool), size=config.max_pool, replace=False)
    return pool[np.sort(chosen)]


def crowd_of(
    vectors: Float[np.ndarray, "Q D"], pool: Float[np.ndarray, "P D"], neighbors: int
) -> Float[np.ndarray, " Q"]:
    """Mean cosine of each photo to its nearest photos of the pool, [0, 1]; 0 without a pool.

    A photo that is opposite to them has no crowd. Adding for it would lift the similarity beyond 1, where all
    are cut off to one value that no threshold can tell apart.

    Args:
        vectors: (Q, D) unit rows.
        pool: (P, D) unit rows of non-landmarks; P may be 0.
        neighbors: how many, >= 1; all of a smaller pool.
    """
    if len(pool) == 0:
        return np.zeros(len(vectors))
    k = min(neighbors, len(pool))
    cosines = (pool @ vectors[0])[None] if len(vectors) == 1 else vectors @ pool.T  # (Q, P)
    nearest = np.partition(cosines, len(pool) - k, axis=1)[:, len(pool) - k :]
    return np.maximum(nearest.mean(axis=1, dtype=np.float64), 0.0)


def taken_off_for_rival(
    cosine: Float[np.ndarray, "..."], rival: Float[np.ndarray, "..."], config: SimilarityConfig
) -> Float[np.ndarray, "..."]:
    """What the rival costs, >= 0: nothing when it is far behind, rival_weight * ln 2 when it is level.

    Args:
        cosine: of the landmark in question.
        rival: of the best landmark of another place; -inf when there is none.
        config: weight and width.
    """
    ahead = np.clip((rival - cosine) / config.rival_width, -700, 700)  # exp stays finite; NaN passes through
    return config.rival_weight * np.log1p(np.exp(ahead))
