"""Splits that a photo keeps: chosen by its name alone, whatever other photos come or go.

Shapes: N photos.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from sightlab.checks import InputError, check_count, check_fraction


@dataclass(frozen=True)
class SplitShares:
    train: float = 0.7  # share of the photos, (0, 1]
    tune: float = 0.15  # share of the photos, [0, 1); test gets the rest
    seed: int = 0  # another one draws other splits

    def __post_init__(self):
        check_fraction(self.train, "train", low_open=True)
        check_fraction(self.tune, "tune", high_open=True)
        check_count(self.seed, "seed", 0)
        if self.train + self.tune > 1:
            raise InputError(
                f"train={self.train} and tune={self.tune} leave nothing for test: their sum is above 1. "
                "Lower one of them."
            )


USUAL_SHARES = SplitShares()


def drawn_splits(photo_ids: Iterable[str], shares: SplitShares = USUAL_SHARES) -> list[str]:
    """train, tune or test for every photo, from a hash of its id: a draw that needs no list.

    Args:
        photo_ids: (N,) names.
        shares: how many go where, on average; of few photos the real shares differ.
    Returns:
        (N,) names of splits.
    Source: ours.
    """
    return [_split(_draw(photo_id, shares.seed), shares) for photo_id in photo_ids]


def _draw(photo_id: str, seed: int) -> float:
    """A number in [0, 1) that is always the same for this name."""
    digest = hashlib.sha256(f"{seed} {photo_id}".encode(errors="surrogateescape")).digest()
    return int.from_bytes(digest[:6], "big") / 2**48


def _split(draw: float, shares: SplitShares) -> str:
    if draw < shares.train:
        return "train"
    return "tune" if draw < shares.train + shares.tune else "test"
