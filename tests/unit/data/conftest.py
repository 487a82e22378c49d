"""Drawn worlds small enough for tests: a little one to look at, and the least one to draw again and again."""

import pandas as pd
import pytest

from sightlab.data import world as world_module
from sightlab.data.drawn.making.plan import plan

LANDMARKS = ("gezira_step_pyramid", "mount_fujara")


def little(*arguments) -> pd.DataFrame:
    """The part of a plan that most tests draw: two landmarks, some dirt, distractors, scenes; 34 photos."""
    table = plan(*arguments)
    own = table[table["landmark_id"].isin(LANDMARKS)]
    others = table[(table["landmark_id"] == "non_landmark") & (table["scene"] == "")].groupby("split").head(3)
    scenes = table[table["scene"].isin(("desert", "lake"))]
    return pd.concat([own, others, scenes]).sort_values("photo_id", ignore_index=True)


def least(*arguments) -> pd.DataFrame:
    """The right photos of one landmark and all graphics: quickly drawn; about 20 photos."""
    table = plan(*arguments)
    own = table[(table["landmark_id"] == "mount_fujara") & (table["dirt"] == "")]
    graphics = table[(table["view"] == "graphic") & (table["landmark_id"] == "non_landmark")]
    return pd.concat([own, graphics]).sort_values("photo_id", ignore_index=True)


@pytest.fixture(scope="session")
def little_plan() -> pd.DataFrame:
    return little(0, "tiny")


@pytest.fixture(scope="session")
def least_plan() -> pd.DataFrame:
    return least(0, "tiny")


@pytest.fixture
def plans_little(monkeypatch) -> None:
    """World.build believes that a tiny world is the little one."""
    monkeypatch.setattr(world_module, "plan", little)


@pytest.fixture
def plans_least(monkeypatch) -> None:
    """World.build believes that a tiny world is the least one."""
    monkeypatch.setattr(world_module, "plan", least)


def _drawn(planned, folder):
    """Drawn by this process alone; tests do not change it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(world_module, "plan", planned)
        world = world_module.World.build(0, "tiny", folder, workers=1, progress=False)
        assert len(world.plan) == len(world.truth)  # both are kept by the world from now on
    return world


@pytest.fixture(scope="session")
def little_world(tmp_path_factory):
    return _drawn(little, tmp_path_factory.mktemp("little") / "world")


@pytest.fixture(scope="session")
def least_world(tmp_path_factory):
    return _drawn(least, tmp_path_factory.mktemp("least") / "world")
