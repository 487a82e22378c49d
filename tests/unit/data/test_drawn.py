"""The drawn photo folder that other tests stand on is what it says."""

import numpy as np
import pytest

from sightlab.data.manifest import SPLITS, Manifest
from sightlab.data.photos import open_photo, photo_problems, survey_photos
from tests.drawn import LANDMARKS, write_photo_folder


def test_folder_is_valid_and_complete(tmp_path):
    manifest = Manifest.read(write_photo_folder(tmp_path))
    assert manifest.landmark_ids == tuple(sorted(LANDMARKS))
    assert len(manifest.regions) == 2
    assert manifest.warnings == ()
    counts = manifest.photos.groupby(["landmark_id", "split"]).size()
    assert all((landmark_id, split) in counts for landmark_id in LANDMARKS for split in SPLITS)
    survey = survey_photos(manifest, progress=False)
    assert len(photo_problems(survey)) == 0
    assert (survey["width"] != survey["height"]).all()
    tune_and_test = manifest.is_landmark & (manifest.photos["split"] != "train").to_numpy()
    assert 0.4 <= survey["lat"].notna()[tune_and_test].mean() <= 0.7


def test_the_same_seed_draws_the_same_bytes_and_another_others(tmp_path):
    a, b, c = (
        write_photo_folder(tmp_path / name, seed, 6, 3) for name, seed in (("a", 0), ("b", 0), ("c", 1))
    )
    name = "landmarks/red_tower/red_tower_000.jpg"
    assert (a / name).read_bytes() == (b / name).read_bytes() != (c / name).read_bytes()
    assert (a / "manifest.csv").read_bytes() == (b / "manifest.csv").read_bytes()


def test_landmarks_look_different_from_each_other_and_alike_in_themselves(tmp_path):
    manifest = Manifest.read(write_photo_folder(tmp_path)).split("test")
    colorful = {}
    for landmark_id in LANDMARKS:
        shown = manifest.select((manifest.photos["landmark_id"] == landmark_id).to_numpy())
        means = []
        for path in shown.paths():
            photo = open_photo(path).reshape(-1, 3).astype(float)
            strongest = np.argsort(np.ptp(photo, axis=1))[-len(photo) // 20 :]  # most colorful 5 %
            means.append(photo[strongest].mean(axis=0))
        colorful[landmark_id] = np.array(means)
        assert np.ptp(colorful[landmark_id], axis=0).max() < 60
    centers = np.array([means.mean(axis=0) for means in colorful.values()])
    distances = np.linalg.norm(centers[:, None] - centers, axis=2)[np.triu_indices(4, 1)]
    assert distances.min() > 60


def test_too_few_photos_are_refused(tmp_path):
    with pytest.raises(ValueError, match="at least 6"):
        write_photo_folder(tmp_path, photos_per_landmark=5)
