"""Pages of a trained workspace: albums of a folder, and what a reviewer gets to see."""

import shutil
from dataclasses import replace

import numpy as np
import pytest

from sightlab import pipeline_pages as pages
from sightlab.data.photos import find_photos
from sightlab.nets.network import network_key
from sightlab.pipeline import Workbench
from sightlab.views import cam
from sightlab.views.album_page import AlbumPageConfig
from sightlab.views.bundle import BundleConfig
from sightlab.views.cam_targets import Seen
from sightlab.workspace_stored import NotStored, StoredWorkspace


@pytest.fixture(scope="module")
def cards(trained):
    return pages.review_cards(trained, "test", use_gps=False)


def test_albums_of_a_folder(trained, drawn_photos, tmp_path):
    paths = find_photos([drawn_photos / "landmarks" / "red_tower"])
    bad = tmp_path / "bad.jpg"
    bad.write_bytes(b"no photo")
    albums = pages.make_albums(
        [*paths, bad], trained.workspace, tmp_path / "out", AlbumPageConfig(title="Trip")
    )
    html = (tmp_path / "out" / "index.html").read_text(encoding="utf-8")
    assert network_key(trained.network) in html
    assert list(albums.unreadable) == [str(bad)]
    assert albums.numbers["n_photos_in_albums"] + albums.numbers["n_photos_left_out"] == len(paths)
    assert len(list((tmp_path / "out").glob("photos/*.jpg"))) == albums.numbers["n_photos_in_albums"]


def test_a_split_as_a_camera_roll(trained):
    albums, truth = pages.albums_of_split(trained, "test", use_gps=False)
    answered = trained.recognize("test", use_gps=False)["landmark_id"] != "non_landmark"
    assert len(truth) == len(trained.manifest.split("test"))
    assert albums.numbers["n_photos_in_albums"] == answered.sum()


def test_cards_say_what_was_answered_and_true(trained, cards):
    truth = trained.manifest.split("test").photos
    assert cards["photo_id"].tolist() == truth["photo_id"].tolist()
    assert cards["truth"].tolist() == truth["landmark_id"].tolist()
    right = cards[cards["outcome"] == "correct"]
    assert (right["answer"] == right["truth"]).all()
    assert len(right)


def test_maps_are_those_of_the_classes_they_name(trained, cards):
    from sightlab.data.photos import open_photo
    from sightlab.nets.backbones import square_photo

    some = cards.iloc[:3].reset_index(drop=True)
    maps = pages.review_maps(trained.network, some)
    size = trained.network.config.input_size
    photos = np.stack([square_photo(open_photo(path), size) for path in some["path"]])
    expected = cam.difference(trained.network, photos, some["best"].tolist(), some["runner_up"].tolist())
    right = (some["best"] == some["truth"]).to_numpy()
    assert right.any()
    np.testing.assert_allclose(maps["difference"][right], expected[right], atol=1e-4)
    np.testing.assert_allclose(
        maps["predicted"], cam.class_activation(trained.network, photos, some["best"].tolist()), atol=1e-4
    )


def test_maps_of_similarity_add_up_to_the_cosine(trained, cards, monkeypatch):
    some = cards.iloc[:3].reset_index(drop=True)
    vectors = pages.nearest_vectors(trained, some)
    vectors["reference"][1] = np.nan  # as of a landmark without references
    monkeypatch.setattr(pages, "BATCH", 2)
    maps = pages.review_maps(trained.network, some, vectors)
    assert np.isnan(maps["reference"][1]).all()
    seen = Seen.of(trained.network, np.stack([pages._square(path, 64) for path in some["path"]]))
    unit = seen.unit_embeddings()
    for name, rows in (("centroid", [0, 1, 2]), ("reference", [0, 2])):
        biases = seen.of_similarity(np.nan_to_num(vectors[name])).bias
        cosines = (unit * vectors[name]).sum(axis=1)
        np.testing.assert_allclose((maps[name].mean(axis=(1, 2)) + biases)[rows], cosines[rows], atol=1e-5)


def test_the_nearest_centroid_and_reference_are_meant(trained, cards):
    vectors = pages.nearest_vectors(trained, cards)
    own = trained.table.rows(cards["photo_id"])
    best = [trained.gallery.vectors[trained.gallery.landmark_ids == name] for name in cards["best"]]
    nearest = [rows[(rows @ vector).argmax()] for rows, vector in zip(best, own, strict=True)]
    assert (vectors["centroid"] == np.stack(nearest)).all()
    marked = trained.manifest.references
    ids = marked.loc[marked["landmark_id"] == cards["best"][0], "photo_id"]
    assert vectors["reference"][0] @ own[0] == pytest.approx(
        (trained.table.rows(ids) @ own[0]).max(), abs=1e-6
    )


def test_maps_of_random_weights_have_a_spread_of_one(trained, cards):
    some = cards.iloc[:3].reset_index(drop=True)
    maps = pages.review_maps(trained.network, some)
    np.testing.assert_allclose((maps["random"] ** 2).mean(axis=(1, 2)), 1, atol=1e-5)
    own = maps["predicted"] / np.sqrt((maps["predicted"] ** 2).mean(axis=(1, 2), keepdims=True))
    assert np.abs(maps["random"] - own).max() > 0.1  # another network


def test_a_photo_that_is_gone_has_no_map(trained, cards, tmp_path):
    some = (
        cards.iloc[:2]
        .reset_index(drop=True)
        .assign(path=lambda t: [t["path"][0], str(tmp_path / "gone.jpg")])
    )
    maps = pages.review_maps(trained.network, some)
    assert np.isfinite(maps["predicted"][0]).all()
    assert np.isnan(maps["predicted"][1]).all()
    assert pages.review_maps(trained.network, some.iloc[1:]) == {}


def test_a_bundle_shows_the_worst_by_their_names(trained, tmp_path):
    config = BundleConfig("Review", rule=pages.RULE)
    shown = pages.make_bundle(trained, tmp_path / "review.html", config, n=5)
    html = (tmp_path / "review.html").read_text(encoding="utf-8")
    assert len(shown) == 5
    assert "Red Tower" in html or "Blue Dome" in html
    assert "mistakes first" in html
    assert network_key(trained.network) in html
    order = shown["outcome"].map(
        {"confused": 0, "false_alarm": 0, "missed": 1, "correct": 2, "correct_rejection": 3}
    )
    assert order.is_monotonic_increasing


@pytest.fixture
def later(trained, tmp_path):
    """The same run seen later: its photos in a folder of their own, where nothing may be trained."""
    shutil.copytree(trained.photos, tmp_path / "photos")
    untaught = StoredWorkspace(trained.workspace.root, steps=("initial_network", "stage"))
    return Workbench(tmp_path / "photos", untaught, trained.profile)


def test_a_page_is_made_without_a_test_photo_that_is_gone_since_the_run(later, tmp_path, capsys):
    photos = later.manifest.split("test").photos
    name, path = photos[["photo_id", "path"]].iloc[0]
    (later.photos / path).unlink()
    again = replace(later)
    shown = pages.make_bundle(again, tmp_path / "page.html", BundleConfig("Review"), n=100)
    assert f"photos since the last run: 1 gone ({name!r})" in capsys.readouterr().err
    assert len(shown) == len(photos) - 1
    assert name not in set(shown["photo_id"])


def test_a_page_trains_nothing_when_a_train_photo_is_gone(later, tmp_path, capsys):
    name, path = later.manifest.split("train").photos[["photo_id", "path"]].iloc[0]
    (later.photos / path).unlink()
    with pytest.raises(NotStored, match="expected a stored result of step initial_network"):
        pages.make_bundle(replace(later), tmp_path / "page.html", BundleConfig("Review"), n=5)
    assert f"1 gone ({name!r})" in capsys.readouterr().err
    assert not (tmp_path / "page.html").exists()
