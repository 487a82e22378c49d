"""Why each photo was answered or rejected, in numbers and in words; the gates are in `gates.py`.

Source: ours.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from sightlab.recognition.calibration import NO_LEAD, Thresholds
from sightlab.recognition.local import Heard
from sightlab.recognition.matches import Matches
from sightlab.recognition.search import LandmarkSearch


class Seen(NamedTuple):
    """A landmark that a region of a photo names."""

    landmark: int  # index into `LandmarkSearch.landmark_ids`
    region: int  # 0 would be the whole photo
    similarity: float
    window: Float[np.ndarray, " 4"]  # left, top, right, bottom as shares of the photo, [0, 1]
    threshold: float  # that the region exceeded

    @property
    def place(self) -> str:
        """The window in words: "0.00 0.00 0.57 0.57"."""
        return " ".join(f"{edge:.2f}" for edge in self.window)


class Explainer:
    """Says in words why each photo was answered or rejected.

    Args:
        search: what was searched.
        thresholds: what was decided with.
    """

    def __init__(self, search: LandmarkSearch, thresholds: Thresholds):
        self.thresholds = thresholds
        self.square = f"{search.config.square_km:g} km square"
        self.names = search.landmark_ids
        self.settings = search.config.similarity
        self.by_centroids = search.witnesses is None
        self.view = search.gallery.table["view"].to_numpy()
        self.n_references = {name: len(vectors) for name, vectors in search.reference_vectors.items()}

    def reason(
        self, q: int, matches: Matches, is_answered: bool, is_world: bool, heard: Heard | None = None
    ) -> str:
        """The gate that decided, in a few words.

        For a rejected photo with coordinates also what the whole world would have said (`is_world`: it would
        have answered), so that wrong coordinates do not lose a landmark in silence.
        """
        if matches.n_in_square[q] < 0:
            words = f"; {heard.evidence.n_inliers} inliers" if heard is not None else ""
            return self._world_gate(q, matches) + words
        if matches.n_in_square[q] == 0:
            return f"no landmark in the {self.square}; {self._instead(q, matches, is_world)}"
        compared = _compared(matches.similarity[q, 0], self.thresholds.similarity_gps)
        words = f"similarity {compared} in the {self.square}"
        return words if is_answered else f"{words}; {self._instead(q, matches, is_world)}"

    def trace(
        self,
        q: int,
        matches: Matches,
        answers: Sequence[str],
        is_world: bool,
        seen: Sequence[Seen] = (),
        heard: Heard | None = None,
    ) -> str:
        """Everything that was looked at, in the order of the decision, and the verdict."""
        ranked, is_near = matches.ranked, matches.n_in_square[q] > 0
        best = self.names[ranked.landmark[q, 0]]
        parts = [
            self._where(q, matches),
            f"nearest centroid {ranked.centroid[q, 0]}, view {self.view[ranked.centroid[q, 0]] + 1} of "
            f"{best}: cosine {ranked.cosine[q, 0]:.3f}",
            *self._taken_off(q, matches),
        ]
        limit = self.thresholds.similarity_gps if is_near else self.thresholds.similarity
        parts.append(f"similarity {_compared(ranked.similarity[q, 0], limit, 3)}, the threshold")
        if ranked.landmark[q, 1] >= 0:
            second = self.names[ranked.landmark[q, 1]]
            parts.append(f"runner-up {second}, cosine {ranked.cosine[q, 1]:.3f}")
        else:
            parts.append("no runner-up")
        if is_near:
            parts.append("not verified, in the square")
        else:
            lead = matches.ranked.lead[q, 0] if heard is None else heard.lead
            parts += [*self._lead(lead), *([] if heard is None else [heard.words])]
            parts.append(self._references(best, q, matches))
        parts += [self._seen(one) for one in seen]
        if matches.n_in_square[q] >= 0 and not answers:
            parts.append(self._instead(q, matches, is_world))
        parts.append("verdict: " + ("no landmark" if not answers else " and ".join(answers)))
        return "; ".join(parts)

    def _seen(self, one: Seen) -> str:
        compared = _compared(one.similarity, one.threshold, 3)
        return f"{self.names[one.landmark]} in the region {one.place}: similarity {compared}"

    def _where(self, q: int, matches: Matches) -> str:
        n = matches.n_in_square[q]
        if n < 0:
            return "no coordinates, so the whole world was searched"
        if n == 0:
            return f"no landmark in the {self.square}, so no answer; nearest in the whole world"
        return f"{n:,} landmark{'s' if n > 1 else ''} in the {self.square}"

    def _taken_off(self, q: int, matches: Matches) -> list[str]:
        ranked, parts = matches.ranked, []
        if self.settings.pool_weight:
            off = self.settings.pool_weight * matches.crowd[q]
            parts.append(f"less {off:.3f} for its likeness to photos of no landmark ({matches.crowd[q]:.3f})")
        if ranked.rival[q, 0] >= 0:
            off = ranked.cosine[q, 0] - self.settings.pool_weight * matches.crowd[q] - ranked.similarity[q, 0]
            rival = f"{self.names[ranked.rival[q, 0]]} (cosine {ranked.rival_cosine[q, 0]:.3f})"
            parts.append(f"less {off:.3f} for the rival {rival}")
        return parts

    def _lead(self, lead: float) -> list[str]:
        limit = self.thresholds.lead
        if limit == NO_LEAD or np.isinf(lead):
            return []
        who = "the rival" if self.by_centroids else "the rival's by its nearest photos"
        return [f"ahead of {who} by {_compared(lead, limit, 3, ('<', '>='))}, the least lead"]

    def _references(self, best: str, q: int, matches: Matches) -> str:
        distance, limit = matches.reference_distance[q, 0], self.thresholds.reference_distance
        if np.isnan(distance):
            return "no references to verify it"
        references = f"{self.n_references[best]} reference{'s' if self.n_references[best] > 1 else ''}"
        if np.isinf(limit):
            return f"mean distance {distance:.3f} to {references}, not asked"
        return f"mean distance to {references} {_compared(distance, limit, 3)}, the limit"

    def _world_gate(self, q: int, matches: Matches) -> str:
        """Why the best landmark of the whole world passes, or not."""
        similarity, distance = matches.world.similarity[q, 0], matches.world_distance[q]
        threshold, limit = self.thresholds.similarity, self.thresholds.reference_distance
        reason = f"similarity {_compared(similarity, threshold)}"
        if not similarity > threshold:
            return reason
        if matches.world.lead[q, 0] < self.thresholds.lead:
            compared = _compared(matches.world.lead[q, 0], self.thresholds.lead, 2, ("<", ">="))
            return f"{reason}, but ahead of {self.names[matches.world.rival[q, 0]]} by only {compared}"
        if distance > limit:
            shown, border = _compared(distance, limit).split(" > ")
            return f"mean distance {shown} to the references > {border}"
        if np.isnan(distance) and np.isfinite(limit):
            return f"{reason}; no references to verify it"
        return reason

    def _instead(self, q: int, matches: Matches, is_world: bool) -> str:
        best, gate = self.names[matches.world.landmark[q, 0]], self._world_gate(q, matches)
        said = f"{best} ({gate})" if is_world else f"nothing ({best}: {gate})"
        return f"the world search would have said {said}"


def _compared(value: float, threshold: float, digits: int = 2, signs: tuple = ("<=", ">")) -> str:
    """ "0.71 > 0.62", with as many digits as it takes to tell the two apart, at most six.

    Args:
        signs: for a value that is too low, and for one that is not; at the threshold the one with "=" holds.
    """
    is_below = value <= threshold if signs[0] == "<=" else value < threshold
    sign = signs[0] if is_below else signs[1]
    for n in range(digits, 7):
        left, right = f"{value:.{n}f}", f"{threshold:.{n}f}"
        if left != right:
            break
    return f"{left} {sign} {right}"
