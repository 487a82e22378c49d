"""Every setting of the rival in a run, in one place."""

from __future__ import annotations

from dataclasses import dataclass, field

from sightlab.checks import check_count, check_fraction
from sightlab.delf.candidates import ScoreConfig
from sightlab.delf.features import DelfConfig
from sightlab.delf.index import IndexConfig
from sightlab.delf.recognizer import DelfSearchConfig
from sightlab.delf.training import HeadTraining


@dataclass(frozen=True)
class DelfSettings:
    """`most_queries` and `photos_per_landmark` bound the time of a run on a CPU."""

    training: HeadTraining = field(default_factory=HeadTraining)
    dim: int = 40  # numbers of a descriptor; DELF: 40; 128 is the strong variant
    attention_quantile: float = 0.0  # share of the cells of training photos too dull to be keypoints, [0, 1)
    features: DelfConfig = field(default_factory=DelfConfig)
    index: IndexConfig = field(default_factory=IndexConfig)
    search: DelfSearchConfig = field(default_factory=DelfSearchConfig)
    score: ScoreConfig = field(default_factory=ScoreConfig)
    photos_per_landmark: int = 25  # of the database, drawn from the kept photos
    most_queries: int = 400  # landmark photos, and as many distractors, of a split
    n_timed: int = 30  # photos of the speed test that count
    n_timed_enlarged: int = 30  # at 4 and 16 times the database, where an exact search takes long
    studied_queries: int = 60  # tune photos that the study of database sizes asks, and as many distractors
    seed: int = 0  # of what is drawn

    def __post_init__(self):
        check_count(self.dim, "dim")
        check_fraction(self.attention_quantile, "attention_quantile", high_open=True)
        for name in ("photos_per_landmark", "most_queries", "n_timed", "n_timed_enlarged", "studied_queries"):
            check_count(getattr(self, name), name)
