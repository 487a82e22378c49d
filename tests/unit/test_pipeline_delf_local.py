"""verify="local" in a workbench: chosen on tune, asked on test, with local features of real parts."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from sightlab import pipeline_delf_local as local
from sightlab.data.manifest import NON_LANDMARK
from sightlab.pipeline_delf import Rival
from sightlab.recognition.decision import passed
from sightlab.recognition.local import LocalVerification
from sightlab.recognition.recognizer import Recognizer
from tests.unit.test_pipeline_delf import SETTINGS


@pytest.fixture(scope="module")
def rival(trained):
    return Rival(trained, SETTINGS)


@pytest.fixture(scope="module")
def choice(rival):
    bench = rival.bench
    tune = bench.manifest.split("tune").photos
    return local.choose_lead(rival, bench.search(), bench.table, tune, bench.recognizer.thresholds)


def right_and(rival, answered):
    tune = rival.bench.manifest.split("tune").photos
    search = rival.bench.search()
    matches = search.match(rival.bench.table.rows(tune["photo_id"]))
    is_right = search.landmark_ids[matches.landmark[:, 0]] == tune["landmark_id"].to_numpy(dtype=object)
    return (is_right & answered(matches)).sum()


def test_no_more_right_answers_are_lost_than_without(rival, choice):
    alone = rival.bench.recognizer.thresholds
    assert alone.lead <= choice.thresholds.lead <= choice.longest
    assert choice.settles >= 1
    assert choice.thresholds.similarity >= alone.similarity
    before = right_and(rival, lambda matches: passed(matches, alone)[:, 0])
    system = local.local_recognizer(rival)
    tune = rival.bench.recognize("tune", False, system)
    truth = rival.bench.manifest.split("tune").photos.set_index("photo_id")["landmark_id"]
    after = (tune["landmark_id"] == truth[tune["photo"]].to_numpy()) & (tune["landmark_id"] != NON_LANDMARK)
    if choice.thresholds.similarity == alone.similarity:
        assert after.sum() >= before
    is_distractor = truth[tune["photo"]].to_numpy() == NON_LANDMARK
    assert (tune.loc[is_distractor, "landmark_id"] != NON_LANDMARK).mean() <= rival.bench.profile.fpr


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
    assert (unknown["answered"] <= 1).all()
    assert unknown["sensitivity"].between(0, 1).all()
    numbers = local.local_numbers(rival, against, unknown)
    assert numbers["local_as_answered_n"] == (test["landmark_id"] != NON_LANDMARK).sum()
    assert 0 <= numbers["local_as_answered_p"] <= 1
    assert numbers["local_unknown_answered_alone"] == unknown["answered"][0]
    assert numbers["local_unknown_answered"] == unknown["answered"][1]
    assert numbers["local_lead"] >= numbers["local_lead_alone"]
