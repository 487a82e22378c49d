"""The wiring of the cleaners' league: the right photos, nobody's truth given away, tables found again."""

from dataclasses import replace

import numpy as np
import pytest

from sightlab import pipeline_cleaning as studies
from sightlab.checks import InputError
from sightlab.evaluation.cleaning_study import ARTICLE, OURS


def test_the_case_has_every_train_photo_and_its_references(trained):
    inputs, known, photos, _ = studies.cleaning_case(trained)
    assert len(photos) == len(inputs.vectors) == 40
    assert known.is_wrong.sum() == 4
    assert len(inputs.references) == 4
    assert known.is_rare_view is None  # no truth.csv
    ids = sorted(set(photos["landmark_id"]))
    assert [ids[c] for c in inputs.column] == photos["landmark_id"].tolist()


def test_the_league_is_kept_and_found(trained, monkeypatch):
    first = studies.cleaners(trained)
    assert first["way"].tolist()[0] == ARTICLE
    assert OURS in set(first["way"])
    monkeypatch.setattr(studies, "ways_to_clean", None)  # would be called if anything were computed again
    again = studies.cleaners(trained)
    assert np.array_equal(first["auroc"], again["auroc"])
    assert studies.cleaners_by_kind(trained).empty


def test_as_many_other_wrong_photos_are_another_league(trained, monkeypatch):
    _, known, photos, _ = studies.cleaning_case(trained)
    key = studies.known_key(known, photos)
    assert studies.known_key(known, photos) == key
    turned = replace(known, is_wrong=known.is_wrong[::-1].copy())
    assert turned.is_wrong.sum() == known.is_wrong.sum()
    kinds = replace(known, kind=np.where(known.is_wrong, "graphic", "").astype(object))
    others = replace(known, kind=np.where(known.is_wrong, "neighbor", "").astype(object))
    assert len({key, *(studies.known_key(k, photos) for k in (turned, kinds, others))}) == 4
    first = studies.cleaners(trained)
    right = photos.loc[~known.is_wrong & ~known.is_reference, "photo_id"]
    monkeypatch.setitem(vars(trained), "known_noise", set(right.iloc[:4]))
    assert not np.array_equal(studies.cleaners(trained)["auroc"], first["auroc"])


def test_before_and_after_counts(trained):
    cleaned = trained.initial_cleaning
    table = studies.before_and_after(trained, cleaned)
    assert table["photos"].sum() == 40
    assert table["wrong"].sum() == 4
    assert table["dropped"].sum() == (~cleaned["keep"]).sum()
    assert (table["wrong_left"] <= table["wrong"]).all()
    assert table["dirt_before"].is_monotonic_decreasing


def test_photos_without_known_dirt_are_refused(trained, monkeypatch):
    monkeypatch.setitem(vars(trained), "known_noise", set())  # a cached property lives there
    with pytest.raises(InputError, match=r"has no injected_noise.csv"):
        studies.cleaning_case(trained)
