"""Candidates: photos of the database that geometry has compared with a query, and how they are ranked.

One row a candidate is everything that a decision needs, so that ways to decide can be compared (on tune)
without comparing photos again.

Shapes: M inliers.
Source: the number of inliers, Noh et al. 2017 (DELF). Likeness against ties, inliers beyond chance, inliers
in different spots, sums over a landmark's photos: ours.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from jaxtyping import Float

from sightlab.checks import check_choice, check_count
from sightlab.delf.features import LocalFeatures
from sightlab.delf.verification import Verification, VerificationConfig, null_quantile

SCORES = ("inliers", "excess", "spots")
SPOTS = 24  # a photo's diagonal is so many spots long
_NULL_MATCHES = (0, 5, 10, 20, 40, 80, 160, 320, 640, 1280)  # for which the null is drawn
_NULL_DRAWS = 100


@dataclass(frozen=True)
class ScoreConfig:
    """How candidates are ranked, and what the threshold is compared with; chosen on tune."""

    kind: str = "inliers"  # DELF; "excess": those beyond the null; "spots": different places that they cover
    n_photos: int = 1  # of a landmark, its best ones, whose scores are added; DELF: 1

    def __post_init__(self):
        check_choice(self.kind, "kind", SCORES)
        check_count(self.n_photos, "n_photos")


@dataclass(frozen=True)
class Candidate:
    """A photo of the database that was compared with the query."""

    row: int  # in the database
    n_votes: int
    n_matches: int
    n_inliers: int
    n_spots: int  # places of the query that have an inlier, or of this photo, whichever are fewer
    likeness: float  # mean cosine of the inliers' descriptors, [0, 1)
    reason: str = ""  # why there is no model, in words

    def score(self, kind: str, config: VerificationConfig) -> float:
        """By one of `SCORES`, higher = more likely the same place; a fraction tells equal counts apart."""
        count = self.n_spots if kind == "spots" else self.n_inliers
        if kind == "excess":
            count = max(0.0, count - null_of(self.n_matches, config))
        return count + self.likeness


def null_of(n_matches: int, config: VerificationConfig) -> float:
    """Inliers that 99 % of as many random matches stay at or below; drawn for some numbers of matches."""
    known = [n for n in _NULL_MATCHES if n < 2 * max(n_matches, 1)]
    return float(np.interp(n_matches, known, [null_quantile(n, config, n_draws=_NULL_DRAWS) for n in known]))


def candidate_of(
    row: int, n_votes: int, found: Verification, query: LocalFeatures, other: LocalFeatures
) -> Candidate:
    """What is kept of a comparison."""
    a, b = found.matches[found.is_inlier].T
    alike = np.einsum("md,md->m", query.descriptors[a], other.descriptors[b])
    n_spots = min(
        _spots(query.points[a], query.diagonal), _spots(other.points[b], other.diagonal)
    )  # many inliers on one spot are one sight, seen at several scales
    return Candidate(
        row=row,
        n_votes=n_votes,
        n_matches=len(found.matches),
        n_inliers=found.n_inliers,
        n_spots=n_spots,
        likeness=float(np.clip(alike.mean(), 0, 0.999)) if len(alike) else 0.0,
        reason=found.reason,
    )


def _spots(points: Float[np.ndarray, "M 2"], diagonal: float) -> int:
    return len(np.unique(np.floor(points * (SPOTS / diagonal)), axis=0))


@dataclass(frozen=True)
class Standing:
    """What the candidates say about one landmark."""

    landmark_id: str
    score: float
    best: Candidate  # its photo with the highest score


def ranked(
    candidates: Sequence[Candidate],
    landmark_ids: Sequence[str],
    score: ScoreConfig,
    config: VerificationConfig,
) -> list[Standing]:
    """Landmarks of the candidates, the most likely first.

    Args:
        candidates: of one query.
        landmark_ids: one each.
        score: how they are ranked.
        config: by which they were verified.
    """
    found: dict[str, list[tuple[float, Candidate]]] = {}
    for one, name in zip(candidates, landmark_ids, strict=True):
        found.setdefault(name, []).append((one.score(score.kind, config), one))
    standings = []
    for name, scored in found.items():
        scored.sort(key=lambda pair: (-pair[0], -pair[1].n_votes, pair[1].row))
        total = sum(value for value, _ in scored[: score.n_photos])
        standings.append(Standing(name, float(total), scored[0][1]))
    return sorted(standings, key=lambda s: (-s.score, -s.best.n_votes, s.best.row))


def as_table(candidates: Sequence[Candidate]) -> pd.DataFrame:
    """A row a candidate, in their order."""
    names = list(Candidate.__dataclass_fields__)
    return pd.DataFrame([[getattr(one, name) for name in names] for one in candidates], columns=names)


def of_table(table: pd.DataFrame) -> list[Candidate]:
    """Candidates from what `as_table` made, or from a table with its columns."""
    columns = [table[name].tolist() for name in Candidate.__dataclass_fields__]
    return [Candidate(*values) for values in zip(*columns, strict=True)]
