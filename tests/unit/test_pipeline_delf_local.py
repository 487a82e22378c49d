"""verify="local" in a workbench: chosen on tune, asked on test, with local features of real parts."""

from dataclasses import replace

import pandas as pd
import pytest

from sightlab import pipeline_delf_local as local
from sightlab.data.manifest import NON_LANDMARK
from sightlab.pipeline_delf import Rival
from tests.unit.test_pipeline_delf import SETTINGS


@pytest.fixture(scope="module")
def rival(trained):
    return Rival(trained, SETTINGS)


def test_it_is_chosen_on_every_tune_photo(rival):
    found, facts = local.choose_local(rival)
    tune = rival.bench.manifest.split("tune")
    assert len(local.asked_all(rival).queries("tune")) == len(tune)
    assert facts["tune_sensitivity"] >= facts["tune_alone"]  # or a gain of 0 would have been chosen
    assert 0 <= facts["share_asked"] <= 1
    assert found.threshold == facts["threshold"]


def test_answers_and_traces_on_test(rival):
    recognizer = local.local_recognizer(rival)
    alone = rival.bench.recognize("test", False)
    limit, middle = alone["threshold"][0], alone["similarity"].median()
    # A band with half of the photos in it, wherever the threshold of so few photos has come to lie.
    band = {"below": 2, "above": middle - limit} if middle >= limit else {"below": limit - middle, "above": 2}
    config = replace(recognizer.local.config, **band)
    recognizer.local = replace(recognizer.local, config=config)
    table = rival.bench.recognize("test", False, recognizer)
    asked = table["trace"].str.contains("so local features were asked: ")
    near = (alone["similarity"] > limit - config.below) & (alone["similarity"] <= limit + config.above)
    assert asked.tolist() == near.tolist()
    assert 0 < asked.sum() < len(asked)
    database = set(rival.database.photo_ids)
    beside = table.loc[asked, "trace"].str.extract(r"matches with (\S+),")[0]
    assert set(beside) <= database
    pd.testing.assert_frame_equal(table, rival.bench.recognize("test", False, recognizer))


def test_features_made_on_request_are_those_that_are_stored(rival):
    photo = rival.database.photo_ids[0]
    made, stored = local.features_of(rival)(photo), rival.database[0]
    assert made.descriptors.tolist() == stored.descriptors.tolist()
    assert made.points.tolist() == stored.points.tolist()


def test_it_is_held_against_the_recognizer_without(rival):
    against = local.against_alone(rival, n_resamples=20)
    test = rival.bench.manifest.split("test").photos
    assert len(against.photos) == len(test)
    numbers = local.local_numbers(rival, against)
    assert numbers["local_as_answered_n"] == (test["landmark_id"] != NON_LANDMARK).sum()
    assert 0 <= numbers["local_at_fpr_1pct_p"] <= 1
