"""DelfRecognizer: votes for photos of the database, geometry for the best of them, an answer with a reason.

Shapes: Q photos, N photos of the database, P keypoints of a photo.
Source: Noh et al. 2017 (DELF): votes by photo, geometric verification, most inliers.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from jaxtyping import Shaped
from threadpoolctl import threadpool_limits

from sightlab.checks import InputError, check_count, check_same_length, check_unique
from sightlab.data.manifest import NON_LANDMARK
from sightlab.delf.candidates import (
    Candidate,
    ScoreConfig,
    Standing,
    as_table,
    candidate_of,
    of_table,
    ranked,
)
from sightlab.delf.features import LocalFeatures
from sightlab.delf.index import DescriptorIndex, Votes
from sightlab.delf.store import FeatureStore
from sightlab.delf.verification import VerificationConfig, verify
from sightlab.nets.photo_stream import in_order

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


class DelfRecognizer:
    """The rival's answering system.

    Args:
        index: of the database.
        database: the same features, for verification.
        landmark_ids: (N,) of the database photos.
        threshold: answered when the score (with the tie-breaking fraction) exceeds it; chosen on tune.
        config: how many candidates, and how they are verified.
        score: how verified candidates are ranked.
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
        score: ScoreConfig | None = None,
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
        self.config, self.score = config or DelfSearchConfig(), score or ScoreConfig()

    def search(self, query: LocalFeatures) -> Votes:
        """The photos with most votes, at most `n_candidates`."""
        found = self.index.votes(query)
        return Votes(found.rows[: self.config.n_candidates], found.counts[: self.config.n_candidates])

    def verify(self, query: LocalFeatures, votes: Votes) -> list[Candidate]:
        """The candidates after geometry, in the order of the votes."""
        return [
            self._candidate(query, int(row) % len(self.database), int(count))
            for row, count in zip(votes.rows, votes.counts, strict=True)
        ]

    def _candidate(self, query: LocalFeatures, row: int, n_votes: int) -> Candidate:
        other = self.database[row]
        return candidate_of(row, n_votes, verify(query, other, self.config.verification), query, other)

    def recognize(
        self, photo_ids: Sequence[str], features: Iterable[LocalFeatures], network_key: str | None = None
    ) -> pd.DataFrame:
        """One row per photo, in the order given: what `evaluate` reads, and where the answer comes from.

        Args, Raises: as `compare`.
        Returns:
            The columns of `COLUMNS`. `similarity` is the landmark's score: the number of inliers with its
            best photo, plus a fraction that breaks ties, or what `score` wants instead. `runner_up`: the best
            other landmark. `recall_rank`: by landmark, which place its first photo has among the candidates,
            as "landmark:rank" joined by ";".
        """
        return self.answers(photo_ids, self.compare(photo_ids, features, network_key))

    def compare(
        self, photo_ids: Sequence[str], features: Iterable[LocalFeatures], network_key: str | None = None
    ) -> pd.DataFrame:
        """Every candidate of every photo, by votes: all that a decision needs, before any is made.

        Args:
            photo_ids: (Q,) names, each once.
            features: of the same photos, by the network that built the index.
            network_key: of that network; None: not checked.
        Returns:
            photo, n_keypoints, note (of its features), and the columns of `Candidate`. A photo without any
            candidate has one row, whose `row` is -1.
        Raises:
            InputError: a photo twice, other numbers of ids and features, features of another network.
        """
        if network_key is not None:
            self.index.check_network(network_key)
        check_unique([str(name) for name in photo_ids], "photo_ids")
        named = zip(map(str, photo_ids), features, strict=True)
        with threadpool_limits(1, "blas"):  # photos share the cores; threads within one would only wait
            return pd.concat(list(in_order(self._compared, named)), ignore_index=True)

    def _compared(self, named: tuple[str, LocalFeatures]) -> pd.DataFrame:
        name, query = named
        found = self.verify(query, self.search(query)) or [_NOTHING]
        return as_table(found).assign(photo=name, n_keypoints=len(query), note=query.note)

    def answers(self, photo_ids: Sequence[str], compared: pd.DataFrame) -> pd.DataFrame:
        """Decisions on photos that were compared; as `recognize`.

        Args:
            photo_ids: (Q,) names, in the order of the answer.
            compared: of `compare`, of these photos.
        """
        own = dict(iter(compared.groupby("photo", sort=False)))
        rows = []
        for name in map(str, photo_ids):
            found = [one for one in of_table(own[name]) if one.row >= 0]
            n_keypoints, note = int(own[name]["n_keypoints"].iloc[0]), own[name]["note"].iloc[0]
            rows.append(self.decide(name, n_keypoints, note, found))
        return pd.DataFrame(rows, columns=list(COLUMNS))

    def row(self, photo: str, query: LocalFeatures) -> dict:
        """The decision on one photo, and its trace."""
        return self.decide(photo, len(query), query.note, self.verify(query, self.search(query)))

    def decide(self, photo: str, n_keypoints: int, note: str, candidates: Sequence[Candidate]) -> dict:
        """The row of a photo whose candidates are known, in the order of their votes."""
        names = [self.landmark_ids[one.row] for one in candidates]
        standings = ranked(candidates, names, self.score, self.config.verification)
        first = standings[0] if standings else None
        is_answered = first is not None and first.score > self.threshold
        ranks: dict[str, int] = {}
        for rank, name in enumerate(names, start=1):
            ranks.setdefault(name, rank)
        return {
            "photo": photo,
            "landmark_id": first.landmark_id if first and is_answered else NON_LANDMARK,
            "best_landmark_id": first.landmark_id if first else NON_LANDMARK,
            "similarity": first.score if first else 0.0,
            "threshold": self.threshold,
            "runner_up": standings[1].landmark_id if len(standings) > 1 else "",
            "matched_photo": self.database.photo_ids[first.best.row] if first else "",
            "n_inliers": first.best.n_inliers if first else 0,
            "n_matches": first.best.n_matches if first else 0,
            "n_votes": first.best.n_votes if first else 0,
            "recall_rank": ";".join(f"{name}:{rank}" for name, rank in ranks.items()),
            "reason": self._reason(n_keypoints, first, is_answered),
            "trace": self._trace(n_keypoints, note, first, len(candidates)),
        }

    def _reason(self, n_keypoints: int, first: Standing | None, is_answered: bool) -> str:
        if not n_keypoints:
            return "no keypoint above the attention threshold"
        if first is None:
            return "no photo of the database has a near descriptor"
        is_plain = self.score == ScoreConfig()
        count = f"{first.best.n_inliers} inliers" + ("" if is_plain else f", a score of {first.score:.1f}")
        if is_answered:
            return f"{count}, more than {self.threshold:.1f}"
        why = f" ({first.best.reason})" if first.best.reason else ""
        return f"{count}, not more than {self.threshold:.1f}{why}"

    def _trace(self, n_keypoints: int, note: str, first: Standing | None, n_candidates: int) -> str:
        parts = [f"{n_keypoints} keypoints", f"{n_candidates} candidates verified"]
        if first is not None:
            best = first.best
            where = f"{self.database.photo_ids[best.row]} ({best.n_votes} votes)"
            parts.append(f"best {where}: {best.n_inliers} of {best.n_matches} matches")
        return "; ".join([*parts, note] if note else parts)


_NOTHING = Candidate(-1, 0, 0, 0, 0, 0.0)
