"""Every kind of bad photo ends as a reason in the ledger, or as pixels; nothing else happens."""

import re

import numpy as np
import pytest

from sightlab.data.photos import UnreadablePhoto, open_photo, photo_facts, survey_photos
from tests.faults.bad_photos import KINDS, NO_POSITION


@pytest.mark.parametrize("name", KINDS)
def test_a_bad_photo_has_a_reason_and_an_odd_one_has_pixels(name, tmp_path):
    write, told = KINDS[name]
    path = tmp_path / "photo.jpg"
    write(path)
    facts = photo_facts(path)
    if told:
        assert re.search(told, facts["problem"])
        assert facts["width"] == 0
        with pytest.raises(UnreadablePhoto):
            open_photo(path)
    else:
        assert facts["problem"] == ""
        assert open_photo(path).shape == (facts["height"], facts["width"], 3)


@pytest.mark.parametrize("name", NO_POSITION)
def test_a_position_that_cannot_be_trusted_is_none(name, tmp_path):
    NO_POSITION[name][0](tmp_path / "photo.jpg")
    facts = photo_facts(tmp_path / "photo.jpg")
    assert np.isnan([facts["lat"], facts["lon"]]).all()


def test_there_are_many_kinds_and_the_ledger_has_a_row_for_each(tmp_path):
    paths = []
    for number, (write, _) in enumerate(KINDS.values()):
        paths.append(tmp_path / f"photo_{number}.jpg")
        write(paths[-1])
    paths += [tmp_path / ("a" * 300), tmp_path / "nul\0byte.jpg", tmp_path / "photo_0.jpg" / "inside.jpg"]
    survey = survey_photos(paths, progress=False)
    assert len(survey) == len(paths) >= 60
    told = ["x" if told else "" for _, told in KINDS.values()] + ["x"] * 3
    assert survey["problem"].ne("").tolist() == [bool(words) for words in told]
