import numpy as np
import pytest

from sightlab.recognition.centroids import build_gallery
from sightlab.recognition.cut import calibrate_cut
from sightlab.recognition.trees import CentroidConfig
from tests.unit.recognition.drawn_vectors import clouds, gallery_photos, on_circle


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
