import numpy as np
import pandas as pd
import pytest

from sightlab.checks import InputError
from sightlab.recognition.centroids import build_gallery, valid_minimum
from sightlab.recognition.gallery import CentroidGallery
from sightlab.recognition.trees import CentroidConfig
from tests.unit.recognition.drawn_vectors import clouds, gallery_photos, on_circle


def test_gallery_facts_by_hand(make_table):
    # a: 0, 20, 40 degrees -> centroid 20; b: one photo at 90
    photos = gallery_photos(["a", "b"], [3, 1])
    table = make_table(photos["photo_id"], on_circle(0, 20, 40, 90))
    gallery = build_gallery(table, photos, CentroidConfig(max_diameter=1.0, min_photos=3), key="k")
    np.testing.assert_allclose(gallery.vectors, on_circle(20, 90), atol=1e-6)
    assert gallery.vectors.dtype == np.float32
    assert gallery.landmark_ids.tolist() == ["a", "b"]
    a, b = gallery.table.to_dict("records")
    assert (a["centroid"], a["view"], a["n_photos"], a["is_fallback"]) == (0, 0, 3, False)
    assert a["medoid_photo_id"] == "p001"
    assert a["radius"] == pytest.approx(2 * np.sin(np.radians(10)), abs=1e-6)  # chord of 20 degrees
    assert a["diameter"] == pytest.approx(2 * np.sin(np.radians(20)), abs=1e-6)  # chord of 40 degrees
    assert (b["n_photos"], b["medoid_photo_id"], b["is_fallback"]) == (1, "p003", True)
    assert (b["radius"], b["diameter"]) == (pytest.approx(0, abs=1e-6), 0)
    assert repr(gallery) == "2 centroids, 2 landmarks, median 1 views"
    assert gallery.key == "k"


def test_each_centroid_is_an_object_that_knows_its_photos(make_table):
    # a: 0, 20, 40 degrees: merges at the chord of 20 degrees, then of 40; b: two views, one of two photos
    photos = gallery_photos(["a", "b"], [3, 5])
    table = make_table(photos["photo_id"], on_circle(0, 20, 40, 90, 91, 92, 180, 181))
    config = CentroidConfig(max_diameter=0.7, min_photos=2)
    gallery = build_gallery(table, photos, config, network_key="net1", made="2026-11-25")
    first, second, third = (gallery[row] for row in range(3))
    assert (first.landmark_id, first.view, first.members) == ("a", 0, ("p000", "p001", "p002"))
    chord = {d: 2 * np.sin(np.radians(d / 2)) for d in (1, 2, 20, 40)}
    assert first.merge_heights == pytest.approx((chord[20], chord[40]), abs=1e-6)
    assert first.diameter == first.merge_heights[-1]
    np.testing.assert_array_equal(first.vector, gallery.vectors[0])
    assert second.members == ("p003", "p004", "p005")
    assert (second.n_landmark_photos, second.n_in_tree) == (5, 5)
    assert third.members == ("p006", "p007")
    assert third.merge_heights == pytest.approx((chord[1],), abs=1e-6)
    assert (third.network_key, third.made, third.is_fallback) == ("net1", "2026-11-25", False)
    assert not {"members", "merge_heights"} & set(gallery.facts)
    for row in (-1, 3):
        with pytest.raises(InputError, match=f"centroid={row} is not a row of this gallery; it has 0 to 2"):
            gallery[row]


def test_a_sample_is_recorded(make_table):
    photos = gallery_photos(["a"], [30])
    table = make_table(photos["photo_id"], clouds([30]))
    gallery = build_gallery(table, photos, CentroidConfig(max_diameter=2.0, min_photos=1, max_sample=12))
    assert (gallery[0].n_landmark_photos, gallery[0].n_in_tree, len(gallery[0].members)) == (30, 12, 12)


def test_members_of_one_landmark_share_no_photo_and_are_no_wider_than_said(make_table):
    photos = gallery_photos(["a", "b"], [40, 30])
    table = make_table(photos["photo_id"], clouds([25, 15, 20, 10], spread=0.3))
    gallery = build_gallery(table, photos, CentroidConfig(max_diameter=1.1, min_photos=3))
    seen = [photo for row in range(len(gallery)) for photo in gallery[row].members]
    assert len(seen) == len(set(seen))
    for row in range(len(gallery)):
        centroid = gallery[row]
        vectors = table.rows(list(centroid.members)).astype(np.float64)
        apart = np.linalg.norm(vectors[:, None] - vectors[None], axis=2)
        assert apart.max() == pytest.approx(centroid.diameter, abs=1e-6)
        assert len(centroid.merge_heights) == len(centroid.members) - 1
        assert centroid.medoid_photo_id in centroid.members


def test_shuffled_photos_give_the_same_gallery(make_table):
    photos = gallery_photos(["a", "b", "c"], [20, 15, 3])
    table = make_table(photos["photo_id"], clouds([12, 8, 15, 3], spread=0.2))
    config = CentroidConfig(max_diameter=1.0, min_photos=4, max_sample=18)
    before = build_gallery(table, photos, config)
    after = build_gallery(table, photos.sample(frac=1, random_state=2), config)
    np.testing.assert_array_equal(after.vectors, before.vectors)
    pd.testing.assert_frame_equal(after.table, before.table)


def test_rotated_embeddings_give_rotated_centroids(make_table, rotation):
    photos = gallery_photos(["a", "b"], [20, 18])
    vectors = clouds([12, 8, 18])
    config = CentroidConfig(max_diameter=0.9, min_photos=4)
    before = build_gallery(make_table(photos["photo_id"], vectors), photos, config)
    after = build_gallery(make_table(photos["photo_id"], vectors @ rotation), photos, config)
    assert len(before) == 3
    np.testing.assert_allclose(after.vectors, before.vectors @ rotation, atol=1e-6)


def test_opposite_photos_still_have_a_centroid(make_table):
    # 0 and 180 degrees: their mean is the origin, which has no direction
    photos = gallery_photos(["a"], [2])
    table = make_table(photos["photo_id"], on_circle(0, 180))
    gallery = build_gallery(table, photos, CentroidConfig(max_diameter=2.0, min_photos=1))
    np.testing.assert_allclose(gallery.vectors, on_circle(0), atol=1e-6)


def test_inputs_are_unchanged(make_table):
    photos = gallery_photos(["b", "a"], [6, 6])
    table = make_table(photos["photo_id"], clouds([6, 6]))
    photos_before, vectors_before = photos.copy(), table.vectors.copy()
    build_gallery(table, photos, CentroidConfig())
    pd.testing.assert_frame_equal(photos, photos_before)
    np.testing.assert_array_equal(table.vectors, vectors_before)


def test_gallery_comes_back_from_disk(make_table, tmp_path):
    photos = gallery_photos(["a", "b"], [6, 1])
    gallery = build_gallery(
        make_table(photos["photo_id"], clouds([6, 1])), photos, CentroidConfig(), key="xyz"
    )
    gallery.save(tmp_path)
    back = CentroidGallery.load(tmp_path)
    np.testing.assert_array_equal(back.vectors, gallery.vectors)
    pd.testing.assert_frame_equal(back.table, gallery.table)
    assert back.key == "xyz"
    assert sorted(p.suffix for p in tmp_path.iterdir()) == [".json", ".npy", ".parquet"]
    (tmp_path / "vectors.npy").unlink()
    with pytest.raises(InputError, match=r"no vectors\.npy in"):
        CentroidGallery.load(tmp_path)


@pytest.mark.parametrize(("median", "minimum"), [(208, 50), (100, 24), (10, 5), (416, 100)])
def test_the_valid_minimum_scales_with_the_classes(median, minimum):
    # 50 * 100 / 208 = 24.04; 50 * 10 / 208 = 2.4, below the floor of 5
    assert valid_minimum(float(median)) == minimum


def test_refuses_impossible_settings():
    with pytest.raises(InputError, match="median_class_size"):
        valid_minimum(0.0)


def test_refuses_bad_photos(make_table):
    photos = gallery_photos(["a"], [2])
    table, config = make_table(photos["photo_id"], on_circle(0, 10)), CentroidConfig()
    with pytest.raises(InputError, match="got none"):
        build_gallery(table, photos[:0], config)
    with pytest.raises(InputError, match="'non_landmark' in 2 rows"):
        build_gallery(table, photos.assign(landmark_id="non_landmark"), config)
    with pytest.raises(InputError, match=r"'p000' \(2 times\)"):
        build_gallery(table, photos.assign(photo_id="p000"), config)
    with pytest.raises(KeyError, match="no embedding"):
        build_gallery(table, photos.assign(photo_id=["p000", "gone"]), config)
    broken = make_table(photos["photo_id"], [[1.0, 0.0], [np.nan, 0.0]])
    with pytest.raises(InputError, match="NaN or infinity for photo 'p001' of a"):
        build_gallery(broken, photos, config)
    with pytest.raises(InputError, match="row 1 is off"):
        build_gallery(make_table(photos["photo_id"], [[1.0, 0.0], [1.0, 1.0]]), photos, config)


def test_refuses_a_gallery_that_does_not_fit_its_table(gallery):
    with pytest.raises(InputError, match="4 rows for 5 vectors"):
        CentroidGallery(gallery.vectors, gallery.table[:4])
    with pytest.raises(InputError, match="sorted by landmark"):
        CentroidGallery(gallery.vectors, gallery.table[::-1])
