"""Local verification: where the lead over the rival is short, local features may make up for it.

They are asked about one landmark only, the one that the centroids named, so nothing has to be searched. Where
local features come from is none of this module's business: an `EvidenceSource` knows.

Shapes: Q photos.
Source: ours.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple, Protocol

import numpy as np

from sightlab.checks import InputError, check_count
from sightlab.recognition.calibration import Thresholds
from sightlab.recognition.gates import lacks_lead
from sightlab.recognition.matches import Matches

VERIFY = ("references", "local")  # what `Recognizer` verifies with


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
    """What `Recognizer(verify="local")` needs; `pipeline_delf_local` chooses it on tune.

    Of photos with coordinates nobody is asked; what the world search would have said of them goes by the
    longer lead.
    """

    source: EvidenceSource
    thresholds: Thresholds  # instead of the recognizer's: they ask for a longer lead
    settles: int  # inliers that make up for a lead that is too short, >= 1

    def __post_init__(self):
        check_count(self.settles, "settles")


class Heard(NamedTuple):
    """What was found about a photo whose lead is short."""

    evidence: Evidence
    lead: float  # before that
    words: str  # for the trace


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
    local: LocalVerification, photo_ids: Sequence[str], matches: Matches, landmark_ids: Sequence[str]
) -> tuple[Matches, list[Heard | None]]:
    """The same matches, where local features have had their say.

    Args:
        local: whom to ask, and what settles a lead.
        photo_ids: (Q,).
        matches: of the same photos.
        landmark_ids: names of what matches count.
    Returns:
        Matches in which a lead that was made up for is infinite; what was found, None for photos that nobody
        had to be asked about.
    """
    heard: list[Heard | None] = [None] * len(photo_ids)
    lead = matches.ranked.lead.copy()
    for q in np.flatnonzero(lacks_lead(matches, local.thresholds)):
        found = local.source.evidence(photo_ids[q], landmark_ids[matches.landmark[q, 0]])
        heard[q] = Heard(found, float(lead[q, 0]), _words(found, local))
        if found.n_inliers >= local.settles:
            lead[q, 0] = np.inf
    alone = np.where(matches.has_position[:, None], matches.world.lead, lead[:, :1])
    world = replace(matches.world, lead=alone)  # without coordinates the best is the best of the world
    return replace(matches, ranked=replace(matches.ranked, lead=lead), world=world), heard


def _words(found: Evidence, local: LocalVerification) -> str:
    where = f"with {found.photo}" if found.photo else "as the database has no photo of it"
    enough = "enough" if found.n_inliers >= local.settles else "not enough"
    return (
        f"so local features were asked: {found.n_inliers} inliers of {found.n_matches} matches {where}, "
        f"{enough} ({local.settles})"
    )
