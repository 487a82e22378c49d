"""verify="local": who is asked, what it is worth, and what the trace says of it; numbers by hand."""

import math

import numpy as np
import pandas as pd
import pytest

from sightlab.checks import InputError
from sightlab.recognition.local import Evidence, HybridConfig, LocalVerification
from sightlab.recognition.recognizer import Recognizer
from sightlab.recognition.search import RecognizerConfig
from sightlab.recognition.similarity import SimilarityConfig
from tests.unit.recognition.drawn_vectors import BARE, THRESHOLDS, vector

CONFIG = HybridConfig(below=0.15, above=0.10, enough=20, gain=0.2)  # around 0.62: (0.47, 0.72]


class Told:
    """Inliers by photo; remembers what it was asked."""

    def __init__(self, **inliers):
        self.inliers, self.asked = inliers, []

    def evidence(self, photo_id, landmark_id):
        self.asked.append((photo_id, landmark_id))
        return Evidence(self.inliers[photo_id], 60, f"{landmark_id}-7")


@pytest.fixture
def make(gallery, landmarks):
    def build(witness, threshold=0.70, config=BARE, **more):
        local = LocalVerification(witness, threshold, CONFIG)
        return Recognizer(gallery, landmarks, {}, THRESHOLDS, config, verify="local", local=local, **more)

    return build


VECTORS = np.stack([vector(e1=0.40), vector(e1=0.55), vector(e1=0.55), vector(e1=0.65), vector(e1=0.90)])
NAMES = ["below", "agreed", "alone", "doubted", "above"]


def test_inliers_decide_what_is_in_doubt(make, gallery, landmarks):
    witness = Told(agreed=16, alone=1, doubted=0)
    table = make(witness).recognize(NAMES, VECTORS).set_index("photo")
    assert witness.asked == [("agreed", "minar"), ("alone", "minar"), ("doubted", "minar")]
    # gain 0.2 times the share of 20 inliers, less 0.70 - 0.62: what is asked of all
    expected = [0.40 - 0.08, 0.55 + 0.16 - 0.08, 0.55 + 0.01 - 0.08, 0.65 - 0.08, 0.90 + 0.2 - 0.08]
    np.testing.assert_allclose(table["similarity"], expected, atol=1e-6)
    answers = ["non_landmark", "minar", "non_landmark", "non_landmark", "minar"]
    assert table["landmark_id"].tolist() == answers
    plain = Recognizer(gallery, landmarks, {}, THRESHOLDS, BARE).recognize(NAMES, VECTORS)
    assert plain["landmark_id"].tolist() == ["non_landmark"] * 3 + ["minar"] * 2
    assert table["cosine"].tolist() == plain["cosine"].tolist()
    assert set(table["threshold"]) == {0.62}


def test_the_trace_says_what_was_found(make):
    table = make(Told(agreed=16, alone=1, doubted=0)).recognize(NAMES, VECTORS).set_index("photo")
    words = "in doubt at 0.550, so local features were asked: 16 inliers of 60 matches with minar-7, +0.080"
    assert words in table.loc["agreed", "trace"]
    assert table.loc["agreed", "reason"] == "similarity 0.63 > 0.62; no references to verify it; 16 inliers"
    assert "not in doubt at 0.900, so local features were not asked" in table.loc["above", "trace"]
    assert "inliers" not in table.loc["above", "reason"]


def test_what_the_rival_takes_off_is_still_told_right(make, gallery, landmarks):
    settings = RecognizerConfig(similarity=SimilarityConfig(pool_weight=0, rival_weight=0.5))
    v = vector(e1=0.7104, e3=0.25)[None]  # the tower is another place
    plain = Recognizer(gallery, landmarks, {}, THRESHOLDS, settings).recognize(["p"], v)["trace"][0]
    mine = make(Told(p=10), config=settings).recognize(["p"], v)["trace"][0]
    part = next(words for words in plain.split("; ") if "for the rival" in words)
    assert part in mine.split("; ")


def test_coordinates_decide_without_local_features(make):
    witness = Told()
    lat, lon = np.array([28.524]), np.array([77.185])
    row = make(witness).recognize(["p"], vector(e1=0.55)[None], lat, lon).iloc[0]
    assert witness.asked == []
    assert (row["landmark_id"], row["similarity"]) == ("minar", pytest.approx(0.55))
    assert "local features" not in row["trace"]


def test_inputs_and_the_plain_search_stay_as_they_are(make):
    recognizer, vectors = make(Told(agreed=16, alone=1, doubted=0)), VECTORS.copy()
    first = recognizer.recognize(NAMES, vectors)
    pd.testing.assert_frame_equal(first, recognizer.recognize(NAMES, vectors))
    assert np.array_equal(vectors, VECTORS)


def test_ways_that_cannot_be_done_are_refused(gallery, landmarks, make, tmp_path):
    with pytest.raises(InputError, match=r"verify='local'.*pipeline_delf_local"):
        Recognizer(gallery, landmarks, {}, THRESHOLDS, verify="local")
    with pytest.raises(InputError, match="got some"):
        Recognizer(gallery, landmarks, {}, THRESHOLDS, local=LocalVerification(Told(), 0.7))
    with pytest.raises(InputError, match="verify='both' is unknown"):
        Recognizer(gallery, landmarks, {}, THRESHOLDS, verify="both")
    with pytest.raises(InputError, match="verifies by references"):
        make(Told()).save(tmp_path)


def test_nothing_to_compare_with_is_said(make):
    class Nobody:
        def evidence(self, photo_id, landmark_id):
            return Evidence(0, 0, "")

    row = make(Nobody()).recognize(["p"], vector(e1=0.55)[None]).iloc[0]
    assert "0 inliers of 0 matches as the database has no photo of it, -0.080" in row["trace"]
    assert math.isclose(row["similarity"], 0.47, abs_tol=1e-6)
