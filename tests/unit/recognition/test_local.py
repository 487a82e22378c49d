"""verify="local": who is asked, what makes up for a short lead, and what is said of it; numbers by hand."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from sightlab.checks import InputError
from sightlab.recognition.local import Evidence, LocalVerification
from sightlab.recognition.recognizer import Recognizer
from sightlab.recognition.search import RecognizerConfig
from sightlab.recognition.similarity import SimilarityConfig
from tests.unit.recognition.drawn_vectors import THRESHOLDS, vector

# There are rivals, but none is so near that it takes anything off: similarity = cosine.
RIVALS = RecognizerConfig(similarity=SimilarityConfig(pool_weight=0.0, rival_weight=0.1, rival_width=0.001))
ALONE = replace(THRESHOLDS, lead=0.20)
LONGER = replace(THRESHOLDS, lead=0.30)


class Told:
    """Inliers by photo; remembers what it was asked."""

    def __init__(self, **inliers):
        self.inliers, self.asked = inliers, []

    def evidence(self, photo_id, landmark_id):
        self.asked.append((photo_id, landmark_id))
        return Evidence(self.inliers[photo_id], 60, f"{landmark_id}-7")


@pytest.fixture
def make(gallery, landmarks):
    def build(source, settles=12, thresholds=LONGER, **more):
        local = LocalVerification(source, thresholds, settles)
        return Recognizer(gallery, landmarks, {}, ALONE, RIVALS, verify="local", local=local, **more)

    return build


# the rival of the minar is the atoll, e0; the pillar, e2, stands beside it and is none
VECTORS = np.stack(
    [
        vector(e1=0.90),
        vector(e1=0.80, e0=0.55),  # ahead by 0.25
        vector(e1=0.80, e0=0.55),
        vector(e1=0.80, e0=0.45),  # by 0.35
        vector(e1=0.55, e0=0.40),  # below the similarity anyway
        vector(e1=0.70, e0=0.60),  # by 0.10: short without local features, too
    ]
)
NAMES = ["clear", "settled", "alone", "ahead", "low", "saved"]
INLIERS = {"settled": 16, "alone": 11, "saved": 12}


def test_enough_inliers_make_up_for_a_short_lead(make, gallery, landmarks):
    source = Told(**INLIERS)
    table = make(source).recognize(NAMES, VECTORS)
    assert source.asked == [("settled", "minar"), ("alone", "minar"), ("saved", "minar")]
    answered = (table["landmark_id"] == "minar").tolist()
    assert answered == [True, True, False, True, False, True]
    plain = Recognizer(gallery, landmarks, {}, ALONE, RIVALS).recognize(NAMES, VECTORS)
    assert (plain["landmark_id"] == "minar").tolist() == [True, True, True, True, False, False]
    same = ["best_landmark_id", "similarity", "cosine", "rival", "threshold"]
    pd.testing.assert_frame_equal(table[same], plain[same])


def test_the_trace_says_what_was_found(make):
    table = make(Told(**INLIERS)).recognize(NAMES, VECTORS).set_index("photo")
    words = "ahead of the rival by 0.250 < 0.300, the least lead; so local features were asked: 16 inliers"
    assert f"{words} of 60 matches with minar-7, enough (12)" in table.loc["settled", "trace"]
    assert table.loc["settled", "reason"] == "similarity 0.80 > 0.62; no references to verify it; 16 inliers"
    assert "11 inliers of 60 matches with minar-7, not enough (12)" in table.loc["alone", "trace"]
    assert table.loc["alone", "reason"].endswith("but ahead of atoll by only 0.25 < 0.30; 11 inliers")
    assert "ahead of the rival by 0.350 >= 0.300, the least lead" in table.loc["ahead", "trace"]
    for name in ("clear", "ahead", "low"):
        assert "local features" not in table.loc[name, "trace"]
        assert "inliers" not in table.loc[name, "reason"]


def test_coordinates_decide_without_local_features(make):
    source = Told()
    lat, lon = np.array([28.524]), np.array([77.185])
    row = make(source).recognize(["p"], VECTORS[1:2], lat, lon).iloc[0]
    assert source.asked == []
    assert row["landmark_id"] == "minar"


def test_a_photo_too_far_from_its_references_is_not_asked_about(gallery, landmarks):
    source = Told()
    local = LocalVerification(source, replace(LONGER, reference_distance=0.5), 12)
    references = {"minar": np.eye(5, dtype=np.float32)[[4]]}  # 1.41 away
    system = Recognizer(gallery, landmarks, references, ALONE, RIVALS, verify="local", local=local)
    assert system.recognize(["p"], VECTORS[1:2])["landmark_id"].tolist() == ["non_landmark"]
    assert source.asked == []


def test_inputs_and_the_plain_search_stay_as_they_are(make):
    recognizer, vectors = make(Told(**INLIERS)), VECTORS.copy()
    first = recognizer.recognize(NAMES, vectors)
    pd.testing.assert_frame_equal(first, recognizer.recognize(NAMES, vectors))
    assert np.array_equal(vectors, VECTORS)


def test_ways_that_cannot_be_done_are_refused(gallery, landmarks, make, tmp_path):
    with pytest.raises(InputError, match=r"verify='local'.*pipeline_delf_local"):
        Recognizer(gallery, landmarks, {}, THRESHOLDS, verify="local")
    with pytest.raises(InputError, match="got some"):
        Recognizer(gallery, landmarks, {}, THRESHOLDS, local=LocalVerification(Told(), LONGER, 12))
    with pytest.raises(InputError, match="verify='both' is unknown"):
        Recognizer(gallery, landmarks, {}, THRESHOLDS, verify="both")
    with pytest.raises(InputError, match="verifies by references"):
        make(Told()).save(tmp_path)
    with pytest.raises(InputError, match="settles"):
        LocalVerification(Told(), LONGER, 0)


def test_nothing_to_compare_with_is_said(make):
    class Nobody:
        def evidence(self, photo_id, landmark_id):
            return Evidence(0, 0, "")

    row = make(Nobody()).recognize(["p"], VECTORS[1:2]).iloc[0]
    assert "0 inliers of 0 matches as the database has no photo of it, not enough (12)" in row["trace"]
    assert row["landmark_id"] == "non_landmark"
