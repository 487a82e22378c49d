"""What tests of several rooms share: a drawn photo folder, and a workspace trained on it once."""

from dataclasses import replace

import pytest

import tests.shapes  # noqa: F401 - pytest is told to check shapes with it (pyproject.toml)
from tests.drawn import write_photo_folder


@pytest.fixture(scope="session")
def drawn_photos(tmp_path_factory):
    """40 train, 20 tune, 20 test photos of four landmarks in two regions; 20 distractors in each split.

    Four train photos are filed under a wrong landmark: injected_noise.csv names them.
    """
    import pandas as pd

    folder = tmp_path_factory.mktemp("drawn") / "photos"
    write_photo_folder(folder, seed=0, photos_per_landmark=20, n_distractors=60)
    table = pd.read_csv(folder / "manifest.csv", dtype=str, keep_default_na=False).set_index("photo_id")
    facts = ["landmark_id", "landmark_name", "city", "country", "region"]
    for one, other in (("blue_dome_008", "green_arch_008"), ("red_tower_009", "yellow_pyramid_009")):
        table.loc[[one, other], facts] = table.loc[[other, one], facts].to_numpy()
    table.reset_index().to_csv(folder / "manifest.csv", index=False)
    wrong = ["blue_dome_008", "green_arch_008", "red_tower_009", "yellow_pyramid_009"]
    pd.DataFrame({"photo_id": wrong}).to_csv(folder / "injected_noise.csv", index=False)
    return folder


@pytest.fixture(scope="session")
def tiny_profile():
    return tiny()


def tiny():
    """The tour, small enough for a test: 64 pixels, 16 dimensions, 2 views, 2 epochs."""
    from sightlab.profiles import get_profile

    profile = get_profile("tour")
    curriculum = profile.curriculum
    curriculum = replace(
        curriculum,
        network=replace(curriculum.network, input_size=64, embedding_dim=16),
        views=replace(curriculum.views, n_views=2),
        stages=(replace(curriculum.stages[0], epochs=2, batch_size=16),),
        cleaner="previous",  # the article's way, whatever the tour does
        engine="torch",
    )
    return replace(profile, curriculum=curriculum, fpr=0.05)


@pytest.fixture(scope="session")
def trained(drawn_photos, tiny_profile, tmp_path_factory):
    """A Workbench whose curriculum is done and whose model is saved; tests may add artefacts to it."""
    from sightlab.pipeline import Workbench
    from sightlab.workspace import Workspace

    bench = Workbench(drawn_photos, Workspace(tmp_path_factory.mktemp("trained") / "workspace"), tiny_profile)
    bench.save_model()
    return bench
