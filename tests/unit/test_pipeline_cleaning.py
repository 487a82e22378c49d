"""The wiring of the cleaners' league: the right photos, nobody's truth given away, tables found again."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from sightlab import pipeline_cleaning as studies
from sightlab.checks import InputError
from sightlab.data.corrections import GATHERED, photo_sha256
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


@pytest.fixture
def told(trained):
    """A fresh workbench on the trained workspace, with the references of some landmarks and some noise."""

    def of(landmarks, noise=None):
        bench, manifest = replace(trained), trained.manifest
        own = manifest.references[manifest.references["landmark_id"].isin(landmarks)]
        vars(bench)["manifest"] = replace(manifest, references=own)  # cached properties live there
        vars(bench)["known_noise"] = trained.known_noise if noise is None else noise
        return bench

    return of


def test_cleaners_are_not_compared_where_nothing_can_be_said(told):
    assert studies.obstacle(told(["blue_dome", "red_tower"])) == ""
    assert studies.obstacle(told(["blue_dome", "red_tower"], set())).startswith("No wrong photo is known")
    for landmarks, n in ((["blue_dome"], 1), ([], 0)):
        bench = told(landmarks)
        why = f"takes two landmarks with a readable reference; {n} has one here"
        assert why in studies.obstacle(bench)
        with pytest.raises(InputError, match=why):
            studies.cleaners(bench)
    # this wrong photo is filed under green_arch, which has no reference: of the judged ones none is wrong
    filed = told(["blue_dome", "red_tower"], {"blue_dome_008"})
    judged = 20 - len(filed.manifest.references)
    assert f"0 of {judged} judged are wrong" in studies.obstacle(filed)


def test_landmarks_without_references_are_out_of_the_league_and_listed(told):
    bench = told(["blue_dome", "red_tower"])
    cleaned = bench.initial_cleaning
    inputs, known, photos, _ = studies.cleaning_case(bench)
    assert set(photos["landmark_id"]) == {"blue_dome", "red_tower"}
    assert (len(inputs.references), known.is_wrong.sum()) == (2, 2)
    assert len(studies.cleaners(bench)) == 10
    needy = studies.needy(bench, cleaned)
    missing = needy[needy["reason"] == "no readable reference: kept unjudged"]
    assert missing["name"].tolist() == ["Green Arch", "Yellow Pyramid"]
    assert missing["kept"].tolist() == missing["photos"].tolist() == [10, 10]
    words = studies.quality_words(bench.cleaning_numbers(cleaned))
    assert words.startswith("Against 2 known wrong photos")
    assert words.endswith(
        "20 more photos, of landmarks without a readable reference, were kept unjudged "
        "and count nowhere here."
    )


def test_ways_left_out_in_words():
    league = pd.DataFrame({"way": ["a", "b", "c"], "left_out": ["", "it is late", "it rains"]})
    assert studies.left_out_words(league) == "Left out: b, because it is late; c, because it rains."
    assert studies.left_out_words(league[:1]) == studies.left_out_words(pd.DataFrame()) == ""


def test_the_league_in_flat_numbers():
    columns = ["way", "auroc", "noise_dropped_at_10pct", "gain", "gain_low", "gain_high"]
    rows = [(OURS, 0.98, 0.97, 0.02, 0.01, 0.03), (ARTICLE, 0.96, 0.9, 0.0, 0.0, 0.0)]
    numbers = studies.league_numbers(pd.DataFrame(rows, columns=columns))
    assert numbers["league_auroc_article"] == 0.96
    assert numbers["league_noise_dropped_at_10pct_second_look"] == 0.97
    assert numbers["second_look_gain_auroc_low"] == 0.01
    assert studies.league_numbers(pd.DataFrame()) == {}


def test_cleaning_in_words(trained):
    numbers = trained.cleaning_numbers(trained.initial_cleaning)
    assert studies.quality_words(numbers).startswith(
        "Against 4 known wrong photos the distance has an AUROC of"
    )
    assert "remains open" in studies.quality_words(numbers | {"cleaning_auroc": None})
    rows = [(OURS, "graphic", 0.99), (OURS, "neighbor", 0.9), (ARTICLE, "other_landmark", 0.5)]
    table = pd.DataFrame(rows, columns=["way", "kind", "auroc"]).assign(low=0.4, high=1.0)
    assert studies.kinds_words(table) == (
        "Hardest to find is neighbor 0.900 (0.400 to 1.000), easiest graphic 0.990 (0.400 to 1.000)."
    )
    assert "nobody knows" in studies.kinds_words(table.iloc[:0])


def test_what_people_said_is_read_from_the_workspace(trained, tmp_path):
    from sightlab.workspace import Workspace

    bench = replace(trained, workspace=Workspace(tmp_path))
    cleaned = trained.initial_cleaning
    assert studies.said_by_people(bench, cleaned).empty
    photo_id, landmark_id = cleaned[["photo_id", "landmark_id"]].iloc[0]
    photos = trained.manifest.photos
    path = trained.manifest.root / photos.loc[photos["photo_id"] == photo_id, "path"].item()
    line = {"id": "0" * 8, "time": "2026-11-25T14:03:07Z", "photo": "a.jpg", "sha256": photo_sha256(path)}
    line |= {"landmark_id": landmark_id, "says": "not_this", "instead": "", "model": "m"}
    (tmp_path / GATHERED).write_text(json.dumps(line) + "\n")
    found = studies.said_by_people(bench, cleaned)
    assert found[["photo_id", "proposal"]].to_numpy().tolist() == [[photo_id, "drop"]]
    assert found["cleaning"].item() == ("kept" if cleaned["keep"].iloc[0] else "dropped")
