"""Every setting of a run in one frozen dataclass: tour | photos | article | full.

- `photos`: a small trunk behind a frozen stem, made for a 2-core CPU and some thousand photos.
- `article`: the control of `photos`: the same trunk, photos and epochs, but the article's recipe.
- `tour`: the same chain, short, for the drawn world.
- `full`: the article's trunk trained whole, made for a GPU and a large database.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from sightlab.checks import InputError, check_count, check_fraction
from sightlab.delf.candidates import ScoreConfig
from sightlab.delf.index import IndexConfig
from sightlab.delf.recognizer import DelfSearchConfig
from sightlab.delf.settings import DelfSettings
from sightlab.delf.training import HeadTraining
from sightlab.learning.augmented import ViewConfig
from sightlab.learning.cleaning import CleaningConfig
from sightlab.learning.curriculum import CurriculumConfig
from sightlab.learning.training import TrainingConfig
from sightlab.nets.network import NetworkConfig
from sightlab.nets.regions import RegionConfig
from sightlab.recognition.calibration import LOST_TO_LEAD
from sightlab.recognition.search import RecognizerConfig
from sightlab.recognition.similarity import PLAIN


@dataclass(frozen=True)
class Profile:
    name: str
    curriculum: CurriculumConfig
    whitened_dim: int = 256  # axes of trunk features that photos are compared by, too; 0: none
    recognizer: RecognizerConfig = field(default_factory=RecognizerConfig)
    fpr: float = 0.01  # wanted share of distractors answered, (0, 1); thresholds are chosen for it on tune
    confidence: float | None = (
        0.95  # of keeping it on distractors like those of tune, (0, 1); None: on average
    )
    lost_to_lead: float = LOST_TO_LEAD  # share of right matches that the lead may reject, [0, 1); 0: no lead
    regions: RegionConfig | None = field(
        default_factory=RegionConfig
    )  # searched too; None: whole photos only
    delf: DelfSettings = field(default_factory=DelfSettings)  # the rival of notebook 08
    wanted_share_multiple: float = 0.20  # share of landmarks with more than one centroid; article: about 20 %
    expected_minutes: dict[str, float] = field(default_factory=dict)  # of each notebook, for the first ETA

    def __post_init__(self):
        check_count(self.whitened_dim, "whitened_dim", 0)
        check_fraction(self.fpr, "fpr", low_open=True, high_open=True)
        check_fraction(self.lost_to_lead, "lost_to_lead", high_open=True)
        if self.confidence is not None:
            check_fraction(self.confidence, "confidence", low_open=True, high_open=True)
        check_fraction(self.wanted_share_multiple, "wanted_share_multiple")


def _photos() -> Profile:
    # Behind a frozen stem the late stages of the trunk want the full rate, and landmarks shown alike often
    # are found more often at strict thresholds (both measured on tune: CHANGELOG).
    first = TrainingConfig(epochs=8, trunk_ratio=1.0, sampling="balanced")
    later = replace(first, epochs=4)
    last = replace(later, epochs=12)  # the last stage sees every photo
    return Profile(
        name="photos",
        curriculum=CurriculumConfig(
            # Recognized at 256 pixels, taught on views of 224 (measured on tune: CHANGELOG).
            network=NetworkConfig("tf_efficientnet_lite0", "packaged", 256, 256, frozen_stages=6),
            cleaning=CleaningConfig(),
            views=ViewConfig(n_views=10, size=224),
            stages=(first, later, later, last),
            # Trained on a thousand photos, the network of the stage before cleans a region that it has never
            # seen worse than the pretrained one does (measured: CHANGELOG, Numbers that moved).
            cleaner="initial",
        ),
        # Chosen on tune (CHANGELOG): a landmark's three best photos count, 100 voters bring the candidates of
        # 300, and 100 keypoints of a photo in the index those of all. Every photo of tune and test is asked.
        delf=DelfSettings(
            index=IndexConfig(n_voters=100, n_indexed=100),
            score=ScoreConfig(n_photos=3),
            photos_per_landmark=100,
            most_queries=10_000,
        ),
        expected_minutes={"01": 0.5, "02": 3, "03": 1.5, "04": 25, "05": 1, "06": 1, "07": 1, "08": 15}
        | {"09": 0.3, "10": 0.2, "11": 0.7},
    )


def _tour() -> Profile:
    # There are a few hundred updates, and behind six frozen stages little of the trunk that could be spoiled:
    # it learns as fast as the new parts. The last stage sees every photo.
    stage, last = (TrainingConfig(epochs=epochs, trunk_ratio=1.0) for epochs in (4, 12))
    return Profile(
        name="tour",
        curriculum=CurriculumConfig(
            network=NetworkConfig("tf_efficientnet_lite0", "packaged", 160, 128, frozen_stages=6),
            views=ViewConfig(n_views=8),
            stages=(stage, stage, stage, last),
            cleaner="initial",  # as in profile photos; on tune of the drawn world better, too (CHANGELOG)
        ),
        delf=DelfSettings(
            training=HeadTraining(feature_epochs=3, attention_epochs=2),
            index=IndexConfig(n_voters=100),
            search=DelfSearchConfig(n_candidates=10),
            score=ScoreConfig(n_photos=3),
            photos_per_landmark=16,
            most_queries=100,
            n_timed_enlarged=10,
        ),
        whitened_dim=128,
        # notebook 00 takes every step first, the others find them
        expected_minutes={"00": 4.2, "01": 0.3, "02": 0.5, "03": 0.3, "04": 0.3, "05": 0.4, "06": 0.7}
        | {"07": 0.5, "08": 1.5, "09": 0.3, "10": 0.2, "11": 0.3},
    )


def _article() -> Profile:
    """`photos` without what is ours: rates, sampling, cleaning, whitened features, crowd, rival, lead.

    The article gives no numbers; the ratios of its three rates and the threshold of its cleaning are ours.
    """
    photos = _photos()
    slow = {"trunk_ratio": 0.1, "embedding_ratio": 0.3, "classifier_ratio": 1.0, "sampling": "natural"}
    first, *later = photos.curriculum.stages
    first = replace(first, trunk_ratio=0.1, sampling="natural")
    curriculum = replace(
        photos.curriculum,
        stages=(first, *(replace(stage, **slow) for stage in later)),
        cleaner="previous",
        cleaning=CleaningConfig(second_look=0),
    )
    return replace(
        photos,
        name="article",
        curriculum=curriculum,
        whitened_dim=0,
        recognizer=replace(photos.recognizer, similarity=PLAIN),
        lost_to_lead=0.0,
    )


def _full() -> Profile:
    first = TrainingConfig(epochs=12, batch_size=128, learning_rate=1e-3, trunk_ratio=0.1)
    later = TrainingConfig(
        epochs=8,
        batch_size=128,
        learning_rate=1e-3,
        trunk_ratio=0.05,
        embedding_ratio=0.3,
        classifier_ratio=1.0,
    )
    return Profile(
        name="full",
        curriculum=CurriculumConfig(
            network=NetworkConfig("wide_resnet50_2", "hub", 224, 512, frozen_stages=0), stages=(first, later)
        ),
        expected_minutes={"01": 5, "02": 10, "03": 30, "04": 600, "06": 20, "07": 10, "09": 2, "10": 2},
    )


_PROFILES = {"tour": _tour, "photos": _photos, "article": _article, "full": _full}
PROFILE_NAMES = tuple(_PROFILES)


def get_profile(name: str) -> Profile:
    """The settings of a run by name.

    Raises:
        InputError: a name other than tour, photos, article, full.
    """
    if name not in _PROFILES:
        raise InputError(f"profile={name!r} is unknown. Choose one of: {', '.join(PROFILE_NAMES)}.")
    return _PROFILES[name]()
