"""DelfRecognizer: votes for photos of the database, geometry for the best of them, an answer with a reason.

Shapes: Q photos, N photos of the database, P keypoints of a photo.
Source: Noh et al. 2017 (DELF): votes by photo, geometric verification, most inliers. Ties by how alike the
inliers' descriptors are: ours.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from jaxtyping import Shaped

from sightlab.checks import InputError, check_count, check_same_length, check_unique
from sightlab.data.manifest import NON_LANDMARK
from sightlab.delf.features import LocalFeatures
from sightlab.delf.index import DescriptorIndex, Votes
from sightlab.delf.store import FeatureStore
from sightlab.delf.verification import Verification, VerificationConfig, verify

COLUMNS = (
    "photo",
    "landmark_id",
    "best_landmark_id",
    "similarity",
    "threshold",
    "runner_up",
    "matched_photo",
    "n_inliers",
    "n_matches",
    "n_votes",
    "recall_rank",
    "reason",
    "trace",
)


@dataclass(frozen=True)
class DelfSearchConfig:
    n_candidates: int = 20  # photos with most votes that geometry looks at; DELF's re-ranking: 100
    verification: VerificationConfig = field(default_factory=VerificationConfig)

    def __post_init__(self):
        check_count(self.n_candidates, "n_candidates")


@dataclass(frozen=True, eq=False)
class Candidate:
    """A photo of the database that was compared with the query."""

    row: int  # in the database
    n_votes: int
    verification: Verification
    likeness: float  # mean cosine of the inliers' descriptors, [0, 1)

    @property
    def score(self) -> float:
        """Inliers, and behind the point how alike they are, so that equal counts are told apart."""
        return self.verification.n_inliers + self.likeness


class DelfRecognizer:
    """The rival's answering system.

    Args:
        index: of the database.
        database: the same features, for verification.
        landmark_ids: (N,) of the database photos.
        threshold: answered when inliers (with the tie-breaking fraction) exceed it; chosen on tune.
        config: how many candidates, and how they are verified.
    Raises:
        InputError: an index of another network or of other photos than the database.
    """

    def __init__(
        self,
        index: DescriptorIndex,
        database: FeatureStore,
        landmark_ids: Shaped[np.ndarray, " N"],
        threshold: float = np.inf,
        config: DelfSearchConfig | None = None,
    ):
        index.check_network(database.network_key)
        check_same_length("DelfRecognizer", photos=database.photo_ids, landmark_ids=landmark_ids)
        if index.n_photos % max(len(database), 1):
            raise InputError(
                f"Expected an index of these {len(database)} photos (or of whole copies of them); got one of "
                f"{index.n_photos}. Build both from one store."
            )
        self.index, self.database, self.threshold = index, database, threshold
        self.landmark_ids = np.asarray(landmark_ids, dtype=object)
        self.config = config or DelfSearchConfig()

    def search(self, query: LocalFeatures) -> Votes:
        """The photos with most votes, at most `n_candidates`."""
        found = self.index.votes(query)
        return Votes(found.rows[: self.config.n_candidates], found.counts[: self.config.n_candidates])

    def verify(self, query: LocalFeatures, votes: Votes) -> list[Candidate]:
        """The candidates after geometry, the one with most inliers first."""
        found = [
            self._candidate(query, int(row) % len(self.database), int(count))
            for row, count in zip(votes.rows, votes.counts, strict=True)
        ]
        return sorted(found, key=lambda one: (-one.score, -one.n_votes, one.row))

    def _candidate(self, query: LocalFeatures, row: int, n_votes: int) -> Candidate:
        other = self.database[row]
        found = verify(query, other, self.config.verification)
        a, b = found.matches[found.is_inlier].T
        alike = np.einsum("md,md->m", query.descriptors[a], other.descriptors[b])
        likeness = float(np.clip(alike.mean(), 0, 0.999)) if len(alike) else 0.0
        return Candidate(row, n_votes, found, likeness)

    def recognize(
        self, photo_ids: Sequence[str], features: Iterable[LocalFeatures], network_key: str | None = None
    ) -> pd.DataFrame:
        """One row per photo, in the order given: what `evaluate` reads, and where the answer comes from.

        Args:
            photo_ids: (Q,) names, each once.
            features: of the same photos, by the network that built the index.
            network_key: of that network; None: not checked.
        Returns:
            The columns of `COLUMNS`. `similarity` is the number of inliers with the best photo, plus a
            fraction that breaks ties. `runner_up`: the best other landmark. `recall_rank`: by landmark, which
            place its first photo has among the candidates, as "landmark:rank" joined by ";".
        Raises:
            InputError: a photo twice, other numbers of ids and features, features of another network.
        """
        if network_key is not None:
            self.index.check_network(network_key)
        check_unique([str(name) for name in photo_ids], "photo_ids")
        rows = [self.row(str(name), one) for name, one in zip(photo_ids, features, strict=True)]
        return pd.DataFrame(rows, columns=list(COLUMNS))

    def row(self, photo: str, query: LocalFeatures) -> dict:
        """The decision on one photo, and its trace."""
        votes = self.search(query)
        return self.decide(photo, query, votes, self.verify(query, votes))

    def decide(self, photo: str, query: LocalFeatures, votes: Votes, candidates: list[Candidate]) -> dict:
        """The row of a photo whose candidates are known."""
        best = candidates[0] if candidates else None
        landmarks = [self.landmark_ids[one.row] for one in candidates]
        others = [name for name in landmarks if name != landmarks[0]]
        is_answered = best is not None and best.score > self.threshold
        ranks: dict[str, int] = {}
        for rank, row in enumerate(votes.rows, start=1):
            ranks.setdefault(self.landmark_ids[int(row) % len(self.database)], rank)
        return {
            "photo": photo,
            "landmark_id": landmarks[0] if is_answered else NON_LANDMARK,
            "best_landmark_id": landmarks[0] if candidates else NON_LANDMARK,
            "similarity": best.score if best else 0.0,
            "threshold": self.threshold,
            "runner_up": others[0] if others else "",
            "matched_photo": self.database.photo_ids[best.row] if best else "",
            "n_inliers": best.verification.n_inliers if best else 0,
            "n_matches": len(best.verification.matches) if best else 0,
            "n_votes": best.n_votes if best else 0,
            "recall_rank": ";".join(f"{name}:{rank}" for name, rank in ranks.items()),
            "reason": self._reason(query, best, is_answered),
            "trace": self._trace(query, best, len(candidates)),
        }

    def _reason(self, query: LocalFeatures, best: Candidate | None, is_answered: bool) -> str:
        if not len(query):
            return "no keypoint above the attention threshold"
        if best is None:
            return "no photo of the database has a near descriptor"
        count = f"{best.verification.n_inliers} inliers"
        if is_answered:
            return f"{count}, more than {self.threshold:.1f}"
        why = f" ({best.verification.reason})" if best.verification.reason else ""
        return f"{count}, not more than {self.threshold:.1f}{why}"

    def _trace(self, query: LocalFeatures, best: Candidate | None, n_candidates: int) -> str:
        parts = [f"{len(query)} keypoints", f"{n_candidates} candidates verified"]
        if best is not None:
            where = f"{self.database.photo_ids[best.row]} ({best.n_votes} votes)"
            parts.append(
                f"best {where}: {best.verification.n_inliers} of {len(best.verification.matches)} matches"
            )
        return "; ".join([*parts, query.note] if query.note else parts)
