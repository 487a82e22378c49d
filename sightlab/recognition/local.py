"""Local verification: where a similarity lies near its threshold, local features are asked for their opinion.

They are asked about one landmark only, the one that the centroids named, so nothing has to be searched. Where
local features come from is none of this module's business: a `EvidenceSource` knows.

Shapes: Q photos.
Source: ours.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple, Protocol

import numpy as np
from jaxtyping import Bool, Float

from sightlab.checks import InputError, check_range
from sightlab.recognition.matches import Matches

VERIFY = ("references", "local")  # what `Recognizer` verifies with


@dataclass(frozen=True)
class HybridConfig:
    below: float = 0.15  # similarities this far below the threshold are still in doubt, [0, 2]
    above: float = 0.10  # and this far above
    enough: float = 30.0  # inliers that settle the matter; chosen on tune
    gain: float = 0.1  # similarity that they are worth; chosen on tune

    def __post_init__(self):
        for name in ("below", "above", "gain"):
            check_range(getattr(self, name), name, 0, 2)
        check_range(self.enough, "enough", 0, low_open=True)


def in_doubt(
    similarity: Float[np.ndarray, " Q"], threshold: float, config: HybridConfig
) -> Bool[np.ndarray, " Q"]:
    """Which answers lie so near the threshold that local features are asked."""
    return (similarity > threshold - config.below) & (similarity <= threshold + config.above)


def combined(
    similarity: Float[np.ndarray, " Q"],
    inliers: Float[np.ndarray, " Q"],
    threshold: float,
    config: HybridConfig,
) -> Float[np.ndarray, " Q"]:
    """Similarity with what geometry adds to it.

    Args:
        similarity: of the centroids' best landmark.
        inliers: of the photos in doubt; ignored for the others.
        threshold: of the centroids alone; what is in doubt lies around it.
        config: the band, and what inliers are worth.
    Returns:
        Below the band the similarity as it is, above it the full gain, inside the share of `enough` inliers:
        so that nothing in doubt overtakes what is sure, of which geometry was never asked.
    """
    share = np.clip(inliers / config.enough, 0, 1)
    share = np.where(in_doubt(similarity, threshold, config), share, similarity > threshold)
    return similarity + config.gain * share


class Evidence(NamedTuple):
    """What local features say about a photo and a landmark."""

    n_inliers: int  # with the landmark's best photo of the database
    n_matches: int
    photo: str  # that photo; "": the landmark has none


class EvidenceSource(Protocol):
    """Whoever has local features of the photos that are asked about, and of the database."""

    def evidence(self, photo_id: str, landmark_id: str) -> Evidence: ...


@dataclass(frozen=True, eq=False)
class LocalVerification:
    """What `Recognizer(verify="local")` needs; `pipeline_delf_local` chooses it on tune."""

    source: EvidenceSource
    threshold: float  # that similarity and gain together must exceed; of the centroids alone: `Thresholds`
    config: HybridConfig = field(default_factory=HybridConfig)


class Heard(NamedTuple):
    """What verification changed about one photo."""

    added: float  # to its similarity, may be negative
    words: str  # for the trace
    evidence: Evidence | None  # None: not in doubt, so nobody was asked


def check_verify(verify: str, local: LocalVerification | None) -> None:
    """Refuse a way to verify that cannot be done.

    Raises:
        InputError: an unknown way, "local" without the means, or means that would not be used.
    """
    if verify not in VERIFY:
        raise InputError(f"verify={verify!r} is unknown. Choose one of: {', '.join(VERIFY)}.")
    if (verify == "local") != (local is not None):
        got = "none" if local is None else "some"
        raise InputError(
            f'Expected a LocalVerification with verify="local" and none otherwise; got {got} with '
            f"verify={verify!r}, in Recognizer. Take a recognizer from pipeline_delf_local."
        )


def with_local(
    local: LocalVerification,
    photo_ids: Sequence[str],
    matches: Matches,
    landmark_ids: Sequence[str],
    threshold: float,
) -> tuple[Matches, list[Heard | None]]:
    """The same matches, where local features have had their say.

    Args:
        local: whom to ask, and what inliers are worth.
        photo_ids: (Q,).
        matches: of the same photos.
        landmark_ids: names of what matches count.
        threshold: of the centroids alone.
    Returns:
        Matches whose best similarity is `combined`, less what `local.threshold` is above `threshold`: so it
        is compared with the same threshold as ever. Photos with coordinates are left as they are, None: there
        the square has decided.
    """
    similarity = matches.world.similarity[:, 0].astype(np.float64)
    asked = ~matches.has_position
    doubt = in_doubt(similarity, threshold, local.config) & asked
    found: dict[int, Evidence] = {}
    for q in np.flatnonzero(doubt):
        name = landmark_ids[matches.world.landmark[q, 0]]
        found[int(q)] = local.source.evidence(photo_ids[q], name)
    inliers = np.array([found[q].n_inliers if q in found else 0 for q in range(len(similarity))], dtype=float)
    after = combined(similarity, inliers, threshold, local.config) - (local.threshold - threshold)
    heard = [
        _heard(after[q] - similarity[q], found.get(q), similarity[q], threshold) if asked[q] else None
        for q in range(len(similarity))
    ]
    ranked, world = matches.ranked.similarity.copy(), matches.world.similarity.copy()
    ranked[asked, 0] = world[asked, 0] = after[asked]
    changed = replace(
        matches,
        ranked=replace(matches.ranked, similarity=ranked),
        world=replace(matches.world, similarity=world),
    )
    return changed, heard


def _heard(added: float, found: Evidence | None, similarity: float, threshold: float) -> Heard:
    if found is None:
        return Heard(added, f"not in doubt at {similarity:.3f}, so local features were not asked", None)
    where = f"with {found.photo}" if found.photo else "as the database has no photo of it"
    counted = f"{found.n_inliers} inliers of {found.n_matches} matches {where}"
    words = f"in doubt at {similarity:.3f}, so local features were asked: {counted}, {added:+.3f} in all"
    return Heard(added, words, found)
