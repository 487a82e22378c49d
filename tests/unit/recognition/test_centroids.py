import numpy as np
import pandas as pd
import pytest

from sightlab.checks import InputError
from sightlab.recognition.centroids import (
    CentroidConfig,
    build_gallery,
    calibrate_cut,
    landmark_views,
    linkage_of,
    valid_minimum,
)
from sightlab.recognition.gallery import CentroidGallery


def on_circle(*degrees):
    angle = np.radians(np.array(degrees, dtype=float))
    return np.stack([np.cos(angle), np.sin(angle)], axis=1)


def clouds(sizes, seed=0, spread=0.1):
    """Unit rows in 8 dimensions around as many random directions."""
    rng = np.random.default_rng(seed)
    middles = np.repeat(np.linalg.qr(rng.normal(size=(8, 8)))[0][: len(sizes)], sizes, axis=0)
    vectors = middles + spread * rng.normal(size=middles.shape)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def as_sets(views):
    return {frozenset(view.tolist()) for view in views}


def complete_linkage_the_slow_way(vectors, max_diameter):
    """Merge the two clusters whose farthest photos are nearest, while they are near enough."""
    clusters = [[i] for i in range(len(vectors))]
    distance = np.linalg.norm(vectors[:, None] - vectors[None], axis=2)
    while len(clusters) > 1:
        pairs = [
            (distance[np.ix_(a, b)].max(), i, j)
            for i, a in enumerate(clusters)
            for j, b in enumerate(clusters[:i])
        ]
        width, i, j = min(pairs)
        if width > max_diameter:
            break
        clusters[j] += clusters.pop(i)
    return {frozenset(c) for c in clusters}


def gallery_photos(names, sizes):
    landmark_id = np.repeat(names, sizes)
    return pd.DataFrame(
        {"photo_id": [f"p{i:03d}" for i in range(len(landmark_id))], "landmark_id": landmark_id}
    )


def test_complete_linkage_cuts_a_chain():
    # chords: 29 degrees 0.501, 31 degrees 0.534, 60 degrees 1.0; single linkage would keep all three together
    found = landmark_views(on_circle(0, 29, 60), CentroidConfig(max_diameter=0.6, min_photos=1))
    assert [view.tolist() for view in found.views] == [[0, 1], [2]]
    assert not found.is_fallback


def test_the_cut_itself_belongs_to_the_view():
    # three photos at 0, 90, 90 degrees: sqrt(2) apart
    vectors = on_circle(0, 90, 90)
    height = linkage_of(vectors)[-1, 2]
    assert height == pytest.approx(np.sqrt(2))
    assert len(landmark_views(vectors, CentroidConfig(max_diameter=float(height), min_photos=1)).views) == 1


@pytest.mark.parametrize("max_diameter", [0.3, 0.7, 1.0, 1.3])
def test_same_views_as_the_slow_literal_version(max_diameter):
    vectors = clouds([7, 6, 4], spread=0.25)
    found = landmark_views(vectors, CentroidConfig(max_diameter=max_diameter, min_photos=1))
    assert as_sets(found.views) == complete_linkage_the_slow_way(vectors, max_diameter)


@pytest.mark.parametrize("max_diameter", [0.5, 0.7, 0.9])
def test_no_view_is_wider_than_the_cut(max_diameter):
    vectors = clouds([20, 20], spread=0.2)
    found = landmark_views(vectors, CentroidConfig(max_diameter=max_diameter, min_photos=2))
    assert not found.is_fallback
    for view in found.views:
        apart = np.linalg.norm(vectors[view][:, None] - vectors[view][None], axis=2)
        assert apart.max() <= max_diameter
        assert len(view) >= 2


def test_rotating_all_embeddings_keeps_the_tree(rotation):
    vectors = clouds([12, 9, 5])
    before, after = linkage_of(vectors), linkage_of(vectors @ rotation)
    np.testing.assert_allclose(after[:, 2], before[:, 2], atol=1e-12)
    np.testing.assert_array_equal(after[:, [0, 1, 3]], before[:, [0, 1, 3]])


def test_small_clusters_are_dropped_and_the_largest_comes_first():
    vectors = clouds([3, 8, 6])
    found = landmark_views(vectors, CentroidConfig(max_diameter=0.9, min_photos=5))
    assert [len(view) for view in found.views] == [8, 6]
    assert as_sets(found.views) == {frozenset(range(3, 11)), frozenset(range(11, 17))}


def test_without_a_valid_cluster_the_largest_stands_in():
    found = landmark_views(clouds([3, 4, 2]), CentroidConfig(max_diameter=0.9, min_photos=5))
    assert found.is_fallback
    assert [view.tolist() for view in found.views] == [[3, 4, 5, 6]]


def test_one_photo_is_one_view():
    found = landmark_views(on_circle(30), CentroidConfig(min_photos=5))
    assert [view.tolist() for view in found.views] == [[0]]
    assert found.is_fallback
    assert not landmark_views(on_circle(30), CentroidConfig(min_photos=1)).is_fallback


def test_above_the_sample_size_a_seeded_sample_is_clustered():
    vectors = clouds([60, 24, 12])
    config = CentroidConfig(max_diameter=0.9, min_photos=18, max_sample=48)
    np.random.seed(3)  # noqa: NPY002 - the caller's generator must not move
    state = np.random.get_state()[1].copy()  # noqa: NPY002
    first, again = landmark_views(vectors, config), landmark_views(vectors, config)
    assert (np.random.get_state()[1] == state).all()  # noqa: NPY002
    assert [a.tolist() for a in first.views] == [b.tolist() for b in again.views]
    # half of the photos are drawn, about 30, 12 and 6 of the clouds; so a view of 18 / 2 = 9 is large enough
    assert [len(view) for view in first.views] == pytest.approx([30, 12], abs=3)
    other = CentroidConfig(max_diameter=0.9, min_photos=18, max_sample=48, seed=1)
    assert first.views[0].tolist() != landmark_views(vectors, other).views[0].tolist()


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


def test_shuffled_photos_give_the_same_gallery(make_table):
    photos = gallery_photos(["a", "b", "c"], [20, 15, 3])
    table = make_table(photos["photo_id"], clouds([12, 8, 15, 3], spread=0.2))
    config = CentroidConfig(max_diameter=1.0, min_photos=4, max_sample=18)
    before = build_gallery(table, photos, config)
    after = build_gallery(table, photos.sample(frac=1, random_state=2), config)
    np.testing.assert_array_equal(after.vectors, before.vectors)
    pd.testing.assert_frame_equal(after.table, before.table)


def test_photos_shuffled_inside_the_tree_give_the_same_centroids_as_a_set():
    vectors = clouds([9, 7, 6], spread=0.2)
    order = np.random.default_rng(4).permutation(len(vectors))
    config = CentroidConfig(max_diameter=0.9, min_photos=3)
    means = [
        {tuple(np.round(v[view].mean(axis=0), 9)) for view in landmark_views(v, config).views}
        for v in (vectors, vectors[order])
    ]
    assert means[0] == means[1]
    assert len(means[0]) >= 2


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
    calibrate_cut(table, photos)
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


def test_the_curve_counts_what_build_gallery_builds(make_table):
    photos = gallery_photos(["a", "b", "c", "d"], [20, 14, 9, 1])
    table = make_table(photos["photo_id"], clouds([12, 8, 7, 7, 9, 1], spread=0.3))
    cut, curve = calibrate_cut(table, photos, wanted_share=0.25, min_photos=4)
    assert curve["max_diameter"].is_monotonic_increasing
    assert curve["share_multiple"].max() > 0.25
    edges = np.append(curve["max_diameter"].to_numpy(), 2.0)
    for row, middle in enumerate((edges[:-1] + edges[1:]) / 2):
        gallery = build_gallery(table, photos, CentroidConfig(max_diameter=float(middle), min_photos=4))
        views = gallery.table.groupby("landmark_id").size()
        assert curve["share_multiple"][row] == pytest.approx((views > 1).mean())
        assert curve["n_centroids"][row] == len(gallery)
    at = build_gallery(table, photos, CentroidConfig(max_diameter=cut, min_photos=4))
    assert (at.table.groupby("landmark_id").size() > 1).mean() == 0.25


def test_the_cut_by_hand_and_the_larger_of_two(make_table):
    # a: pairs at 0, 10 and 60, 70 degrees; b: the same at 0, 10 and 100, 110. Views of at least 2 photos.
    # chords: 10 degrees 0.174, 70 degrees 1.147, 110 degrees 1.638. Landmarks with two views:
    # [0.174, 1.147) both, [1.147, 1.638) only b, above none. Below 0.174 only fallbacks.
    photos = gallery_photos(["a", "b"], [4, 4])
    table = make_table(photos["photo_id"], on_circle(0, 10, 60, 70, 0, 10, 100, 110))
    chord = {d: 2 * np.sin(np.radians(d / 2)) for d in (10, 70, 110)}
    one_half, curve = calibrate_cut(table, photos, wanted_share=0.5, min_photos=2)
    assert one_half == pytest.approx((chord[70] + chord[110]) / 2, abs=1e-6)
    assert calibrate_cut(table, photos, wanted_share=1.0, min_photos=2)[0] == pytest.approx(
        (chord[10] + chord[70]) / 2, abs=1e-6
    )
    # 0.25 is as far from 0 as from 0.5: the largest cut of all
    assert calibrate_cut(table, photos, wanted_share=0.25, min_photos=2)[0] == pytest.approx(
        (chord[110] + 2) / 2, abs=1e-6
    )
    assert curve["share_multiple"].iloc[[0, -1]].tolist() == [0, 0]
    assert curve["n_centroids"].iloc[[0, -1]].tolist() == [2, 2]


def test_single_photo_landmarks_have_a_cut_too(make_table):
    photos = gallery_photos(["a", "b"], [1, 1])
    cut, curve = calibrate_cut(make_table(photos["photo_id"], on_circle(0, 90)), photos)
    assert 0 < cut <= 2
    assert curve.to_dict("list") == {"max_diameter": [0], "share_multiple": [0], "n_centroids": [2]}


@pytest.mark.parametrize(("median", "minimum"), [(208, 50), (100, 24), (10, 5), (416, 100)])
def test_the_valid_minimum_scales_with_the_classes(median, minimum):
    # 50 * 100 / 208 = 24.04; 50 * 10 / 208 = 2.4, below the floor of 5
    assert valid_minimum(float(median)) == minimum


def test_refuses_impossible_settings():
    with pytest.raises(InputError, match=r"max_diameter=3\.0 is outside \(0, 2\].*unit norm"):
        CentroidConfig(max_diameter=3.0)
    with pytest.raises(InputError, match="max_diameter"):
        CentroidConfig(max_diameter=0.0)
    with pytest.raises(InputError, match="min_photos"):
        CentroidConfig(min_photos=0)
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
    with pytest.raises(InputError, match="two leaves"):
        linkage_of(on_circle(0))
    with pytest.raises(InputError, match="got none"):
        landmark_views(on_circle(), config)


def test_refuses_a_gallery_that_does_not_fit_its_table(gallery):
    with pytest.raises(InputError, match="4 rows for 5 vectors"):
        CentroidGallery(gallery.vectors, gallery.table[:4])
    with pytest.raises(InputError, match="sorted by landmark"):
        CentroidGallery(gallery.vectors, gallery.table[::-1])
