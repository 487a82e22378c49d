import numpy as np
import pandas as pd
import pytest

from sightlab.checks import InputError
from sightlab.data.drawn.making.catalog import CATALOG
from sightlab.data.drawn.making.tables import TEXT
from sightlab.evaluation.slices import position_slices, world_facts, world_slices

NON = "non_landmark"


@pytest.fixture
def photos():
    """Of the minar in Delhi: beside it, 5 km away, without coordinates; a distractor beside it."""
    return pd.DataFrame(
        {
            "photo_id": ["near", "far", "nowhere", "distractor", "unplaced"],
            "landmark_id": ["minar", "minar", "minar", NON, "atlantis"],
            "lat": [28.525, 28.57, np.nan, 28.525, 10.0],
            "lon": [77.185, 77.185, 77.185, 77.185, 20.0],
        }
    )


@pytest.fixture
def landmarks():
    return pd.DataFrame(
        {"landmark_id": ["minar", "atlantis"], "lat": [28.524, np.nan], "lon": [77.185, np.nan]}
    )


def test_coordinates_right_missing_and_wrong(photos, landmarks):
    found = {
        name: photos["photo_id"][mask].tolist() for name, mask in position_slices(photos, landmarks).items()
    }
    # nobody knows where Atlantis is: its coordinates cannot be wrong; a distractor is in no slice
    assert found == {"with GPS": ["near", "unplaced"], "without GPS": ["nowhere"], "wrong GPS": ["far"]}
    wide = position_slices(photos, landmarks, square_km=20)
    assert "wrong GPS" not in wide  # no slice without photos
    assert wide["with GPS"].sum() == 3


def test_views_kinds_and_families_of_the_drawn_world(photos):
    facts = pd.DataFrame(
        {
            "photo_id": ["near", "far", "distractor"],
            "view": ["side_street", "square", "square"],
            "family": ["gothic", "", "gothic"],
        }
    )
    found = {name: photos["photo_id"][mask].tolist() for name, mask in world_slices(photos, facts).items()}
    assert found == {"view: side street": ["near"], "view: square": ["far"], "family: gothic": ["near"]}
    assert world_slices(photos, facts[["photo_id"]]) == {}


def test_what_a_drawn_world_knows(tmp_path):
    assert len(world_facts(tmp_path)) == 0
    truth = pd.DataFrame("", range(2), TEXT)
    truth = truth.assign(photo_id=["p0", "p1"], true_landmark_id=["amery_cathedral", ""], view=["far", ""])
    truth.to_csv(tmp_path / "truth.csv", index=False)
    assert world_facts(tmp_path).to_dict("records") == [
        {"photo_id": "p0", "view": "far", "kind": "built", "family": CATALOG["amery_cathedral"].family},
        {"photo_id": "p1", "view": "", "kind": "", "family": ""},
    ]


def test_refuses_tables_without_their_columns_and_repeated_facts(photos, landmarks):
    with pytest.raises(InputError, match="missing: lat"):
        position_slices(photos.drop(columns="lat"), landmarks)
    facts = pd.DataFrame({"photo_id": ["near", "near"], "kind": "built"})
    with pytest.raises(InputError, match=r"photo_id of the facts.*'near' \(2 times\)"):
        world_slices(photos, facts)
