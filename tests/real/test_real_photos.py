"""The real photographs: read whole, surveyed whole. Skipped where the folder is missing."""

import os
from pathlib import Path

import pytest

from sightlab.data.manifest import Manifest
from sightlab.data.photos import photo_problems, survey_photos

FOLDER = Path(os.environ.get("SIGHTLAB_PHOTOS") or Path(__file__).parents[2] / ".." / "shared" / "photos")
pytestmark = pytest.mark.skipif(
    not (FOLDER / "manifest.csv").is_file(),
    reason=f"no photographs in {FOLDER}; set SIGHTLAB_PHOTOS to a folder with manifest.csv",
)


@pytest.fixture(scope="module")
def manifest():
    return Manifest.read(FOLDER)


def test_the_manifest_is_read_whole(manifest):
    assert repr(manifest) == (
        "Manifest: 8,666 photos (4,955 of 45 landmarks in 4 regions), train 4,709 / tune 2,026 / test 1,931"
    )
    assert manifest.warnings == ()


def test_the_survey_decodes_all_and_finds_gps_on_half_of_the_queries(manifest):
    survey = survey_photos(manifest, workers=2, progress=False)
    assert len(photo_problems(survey)) == 0
    assert survey[["width", "height"]].max(axis=1).le(256).all()
    has_gps = survey["lat"].notna().to_numpy()
    for split in ("tune", "test"):
        is_query = manifest.is_landmark & (manifest.photos["split"] == split).to_numpy()
        assert 0.45 <= has_gps[is_query].mean() <= 0.55
    assert not has_gps[manifest.is_landmark & (manifest.photos["split"] == "train").to_numpy()].any()
    better = manifest.with_photo_facts(survey)
    assert len(better) == len(manifest)
    near = better.select(has_gps & manifest.is_landmark).photos.merge(
        better.landmarks, on="landmark_id", suffixes=("", "_landmark")
    )
    assert (near["lat"] - near["lat_landmark"]).abs().median() * 111.2 < 0.5  # km; simulated within 0.2 km
