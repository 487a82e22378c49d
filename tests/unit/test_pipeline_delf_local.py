"""verify="local" in a workbench: chosen on tune, asked on test, with local features of real parts."""

import math
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from sightlab import pipeline_delf_local as local
from sightlab import pipeline_unknown
from sightlab.data.manifest import NON_LANDMARK
from sightlab.pipeline_delf import Rival
from sightlab.pipeline_unknown import IN_USE
from sightlab.recognition.calibration import NO_LEAD, Thresholds
from sightlab.recognition.gallery import CentroidGallery
from sightlab.recognition.local import LocalVerification
from sightlab.recognition.recognizer import Recognizer
from sightlab.recognition.search import LandmarkSearch, RecognizerConfig
from sightlab.recognition.similarity import PLAIN, SimilarityConfig
from tests.unit.test_pipeline_delf import SETTINGS


@pytest.fixture(scope="module")
def rival(trained):
    return Rival(trained, SETTINGS)


@pytest.fixture(scope="module")
def choice(rival):
    bench = rival.bench
    tune = bench.manifest.split("tune").photos
    return local.choose_lead(rival, bench.search(), bench.table, tune, bench.recognizer.thresholds)


def test_choices_on_a_real_bench_keep_what_was_promised(rival, choice):
    alone = rival.bench.recognizer.thresholds
    tune = rival.bench.recognize("tune", False, local.local_recognizer(rival)).set_index("photo")
    photos = rival.bench.manifest.split("tune").photos
    is_distractor = (photos["landmark_id"] == NON_LANDMARK).to_numpy()
    answered = tune.loc[photos["photo_id"], "landmark_id"].to_numpy() != NON_LANDMARK
    assert answered[is_distractor].mean() <= rival.bench.profile.fpr
    assert choice.thresholds.similarity >= alone.similarity
    assert choice == local.choose_local(rival)


# minar e1; its rival the atoll, e0, is another place
LEADS = [0.1, 0.2, 0.3, 0.35, 0.4, 0.45] + [0.9] * 14
INLIERS = {0.1: 20, 0.2: 5, 0.3: 20, 0.35: 4, 0.4: 3}


def photo(s, lead):
    return [s - lead, s, math.sqrt(1 - s**2 - (s - lead) ** 2)]


@pytest.fixture
def small():
    """A search, a table and tune photos: 20 of the minar, 100 distractors, two of which look like it."""
    table = pd.DataFrame({"centroid": [0, 1], "landmark_id": ["atoll", "minar"], "view": 0, "n_photos": 50})
    places = pd.DataFrame({"landmark_id": ["atoll", "minar"], "name": "", "city": "", "country": ""})
    places = places.assign(lat=[-16.8, 28.5], lon=[179.9, 77.2])
    config = RecognizerConfig(similarity=SimilarityConfig(pool_weight=0.0, rival_weight=1e-9))
    search = LandmarkSearch(CentroidGallery(np.eye(3, dtype=np.float32)[:2], table), places, {}, config)
    vectors = (
        [photo(0.7, lead) for lead in LEADS] + [photo(0.65, 0.2), photo(0.6, 0.2)] + [photo(0.1, 0.0)] * 98
    )
    ids = [f"p{i:03d}" for i in range(len(vectors))]
    photos = pd.DataFrame({"photo_id": ids, "landmark_id": ["minar"] * 20 + [NON_LANDMARK] * 100})
    rows = dict(zip(ids, np.array(vectors), strict=True))
    return search, SimpleNamespace(rows=lambda wanted: np.stack([rows[i] for i in wanted])), photos


def alone(lead=0.25):
    return Thresholds(0.5, 0.4, math.inf, 0.01, 100, 100, "tune", lead=lead)


def test_lead_inliers_and_similarity_by_hand(small, monkeypatch):
    asked_about = []

    def inliers(_, asked, kind, words):
        asked_about.append(asked)
        if (asked["landmark_id"] == "atoll").all():  # the rival: chance
            return np.full(len(asked), 9.0)
        of = [LEADS[int(i[1:])] if int(i[1:]) < 20 else None for i in asked["photo_id"]]
        return np.array([30 if lead is None else INLIERS[lead] for lead in of], dtype=float)

    monkeypatch.setattr(local, "inliers_of", inliers)
    found = local.choose_lead(None, *small, alone())
    # a quarter of 20 leads: between the 5th, 0.4, and the 6th, 0.45; five are below it, and two distractors
    assert found.longest == pytest.approx(0.4375)
    assert [len(asked) for asked in asked_about] == [7, 7]
    assert found.settles == 10
    # 0.25 loses 0.1 and 0.2. Unsettled are 0.2, 0.35, 0.4, ...: two of them are below 0.4
    assert found.thresholds.lead == pytest.approx(0.4)
    # both distractors settle; the rate allows none of 100 above the threshold
    assert found.thresholds.similarity == pytest.approx(0.65)
    assert found.thresholds.similarity_gps == 0.4


@pytest.mark.parametrize("case", ["no lead is asked for", "nobody has a rival"])
def test_where_no_lead_can_be_short_nobody_is_asked(small, monkeypatch, case):
    monkeypatch.setattr(local, "inliers_of", None)
    search, table, photos = small
    if case == "nobody has a rival":
        search = LandmarkSearch(search.gallery, search.landmarks, {}, RecognizerConfig(similarity=PLAIN))
        thresholds = alone()
    else:
        thresholds = alone(lead=NO_LEAD)
    assert local.choose_lead(None, search, table, photos, thresholds).thresholds == thresholds


def test_the_lead_by_hand():
    leads = np.array([0.5, 0.1, 0.3, 0.2])
    assert local._longest_lead(leads, 0, 0.4) == 0.1  # nobody may be below it
    assert local._longest_lead(leads, 2, 0.4) == 0.3  # 0.1 and 0.2 may
    assert local._longest_lead(leads, 3, 0.4) == 0.4  # 0.5 has not been asked about
    assert local._longest_lead(leads, 4, 0.4) == 0.4


def test_what_settles_by_hand():
    by_chance = np.array([5.0] * 99 + [12.0])
    assert local._settling(by_chance) == 13  # 1 % of 100 is one photo, and "higher" counts it
    assert local._settling(np.append(by_chance, [5.0] * 200)) == 6
    assert local._settling(np.array([])) == 1


def test_answers_and_traces_on_test(rival):
    made = local.local_recognizer(rival)
    alone = rival.bench.recognize("test", False)
    answered = alone["landmark_id"] != NON_LANDMARK
    matches = rival.bench.search().match(rival.bench.table.rows(alone["photo"]))
    lead = matches.ranked.lead[:, 0]
    middle = float(np.median(lead[answered & np.isfinite(lead)]))
    thresholds = replace(rival.bench.recognizer.thresholds, lead=middle)  # so that about half are asked about
    verification = LocalVerification(made.local.source, thresholds, 8)
    search = made.search
    parts = (made.gallery, search.landmarks, search.reference_vectors, thresholds, made.config, search.pool)
    system = Recognizer(*parts, None, search.witnesses, verify="local", local=verification)
    table = rival.bench.recognize("test", False, system)
    asked = table["trace"].str.contains("so local features were asked: ")
    assert 0 < asked.sum() < len(asked)
    assert (lead[asked] < middle).all()
    beside = table.loc[asked, "trace"].str.extract(r"matches with (\S+),")[0]
    assert set(beside) <= set(rival.database.photo_ids)
    found = table.loc[asked, "reason"].str.extract(r"(\d+) inliers")[0].astype(int)
    assert ((table.loc[asked, "landmark_id"] != NON_LANDMARK) == (found >= 8)).all()
    pd.testing.assert_frame_equal(table, rival.bench.recognize("test", False, system))


def test_features_made_on_request_are_those_that_are_stored(rival):
    photo = rival.database.photo_ids[0]
    made, stored = local.features_of(rival)(photo), rival.database[0]
    assert made.descriptors.tolist() == stored.descriptors.tolist()
    assert made.points.tolist() == stored.points.tolist()


def test_it_is_held_against_the_recognizer_without(rival):
    against, unknown = local.against_alone(rival, n_resamples=20), local.unknown_with_local(rival)
    test = rival.bench.manifest.split("test").photos
    assert len(against.photos) == len(test)
    assert unknown["way"].tolist() == list(local.NAMES)
    alone = pipeline_unknown.unknown_landmarks(rival.bench)
    alone = alone[(alone["way"] == IN_USE) & (alone["unknown"] == pipeline_unknown.NEVER_SEEN)].iloc[0]
    for key in ("n", "answered", "answered_low", "sensitivity", "confusion_rate"):
        assert unknown[key][0] == pytest.approx(alone[key])
    numbers = local.local_numbers(rival, against, unknown)
    assert numbers["local_as_answered_n"] == (test["landmark_id"] != NON_LANDMARK).sum()
    assert 0 <= numbers["local_as_answered_p"] <= 1
    assert numbers["local_unknown_answered_alone"] == unknown["answered"][0]
    assert numbers["local_unknown_answered"] == unknown["answered"][1]
    assert numbers["local_lead"] >= numbers["local_lead_alone"]
