"""Recipes: groups, numbers of updates, and that each setting does what it says."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from sightlab.checks import InputError
from sightlab.learning.recipes import (
    Recipe,
    RecipeCase,
    epochs_of,
    landmark_groups,
    plain_embeddings,
    run_recipe,
    with_late_stages,
)
from sightlab.learning.training import TrainingConfig
from sightlab.nets.network import NetworkConfig, create_network
from sightlab.nets.rival_losses import GeM

LANDMARKS = np.array(["arch", "bell", "cave", "dome", "non_landmark"], dtype=object)
REGIONS = {"arch": "north", "bell": "north", "cave": "south", "dome": "south", "non_landmark": ""}
BASE = TrainingConfig(batch_size=8, learning_rate=0.01)


class Maps:
    """Cached maps behind eight stages, one look a landmark; the view adds a little of the same to all."""

    from_stage = 8

    def __init__(self, classes):
        generator = torch.Generator().manual_seed(0)
        looks = torch.randn(5, 320, 1, 1, generator=generator)
        self.maps = looks[classes] + 0.5 * torch.randn(len(classes), 320, 2, 2, generator=generator)

    def __len__(self):
        return len(self.maps)

    def batch(self, rows, generator):
        return self.maps[rows] + 0.1 * float(generator.standard_normal())

    def plain(self, rows):
        return self.maps[rows]


@pytest.fixture(scope="module")
def case():
    classes = np.arange(60) % 5
    network = create_network(NetworkConfig("tf_efficientnet_lite0", None, 64, 8, frozen_stages=8))
    landmark = LANDMARKS[classes]
    kept = np.arange(60) % 7 != 0
    return RecipeCase(
        network=network,
        views=Maps(classes),
        landmark=landmark,
        region=np.array([REGIONS[name] for name in landmark], dtype=object),
        kept=kept,
        right=np.arange(60) % 11 != 0,
        photo_ids=np.array([f"p{i}" for i in range(60)], dtype=object),
    )


def run(case, **changed):
    seen = []

    def after(number, network, group):
        seen.append((number, group, network.class_ids, plain_embeddings(network, case.views.maps[:10])))

    updates = run_recipe(case, replace(Recipe(updates=12), **changed), BASE, after)
    return updates, seen


def test_epochs_by_hand():
    # batches of 2, 3, 4 make 9 updates an epoch: 20 are 2 epochs each, and the last stage has to make up
    # for 20 - 2 * (2 + 3) = 10 updates, 2.5 of its epochs, rounded to even
    assert epochs_of([20, 30, 40], 10, 20) == [2, 2, 2]
    assert epochs_of([20, 30, 40], 10, 9) == [1, 1, 1]
    # one stage of 4 batches: 23 updates are 5.75 epochs
    assert epochs_of([40], 10, 23) == [6]
    with pytest.raises(InputError, match="fewer photos than a batch of 10"):
        epochs_of([5, 20], 10, 20)


def test_groups(case):
    usable = np.ones(60, dtype=bool)
    assert landmark_groups(case, usable, Recipe()) == [("arch", "bell"), ("cave", "dome")]
    assert landmark_groups(case, usable, Recipe(stages="at_once")) == [("arch", "bell", "cave", "dome")]
    drawn = landmark_groups(case, usable, Recipe(stages="random", seed=1))
    assert sorted(sum(drawn, ())) == ["arch", "bell", "cave", "dome"]
    assert [len(group) for group in drawn] == [2, 2]
    others = [landmark_groups(case, usable, Recipe(stages="random", seed=s)) for s in range(2, 8)]
    assert any(group != drawn for group in others)


def test_labels_say_which_photos_count(case):
    stranger = case.landmark == "non_landmark"
    assert np.array_equal(case.usable("cleaned"), case.kept | stranger)
    assert np.array_equal(case.usable("truth"), case.right | stranger)
    assert case.usable("dirty").all()


def test_stages_see_their_landmarks_and_all_before(case):
    updates, seen = run(case)
    assert [(number, group) for number, group, *_ in seen] == [(1, ("arch", "bell")), (2, ("cave", "dome"))]
    assert seen[1][2] == ("non_landmark", "arch", "bell", "cave", "dome")
    assert 8 <= updates <= 16


def test_without_stages_there_are_as_many_updates_even_where_few_are_wanted(case):
    staged, at_once = (run(case, updates=1, stages=stages)[0] for stages in ("regions", "at_once"))
    one_epoch = run_recipe(case, Recipe(updates=1), BASE, lambda *_: None)
    assert staged == one_epoch > 1
    whole = len(case.views) // BASE.batch_size
    assert abs(at_once - staged) <= whole / 2  # of whole epochs, the nearest


def test_a_recipe_repeats_and_leaves_the_network_before_it_alone(case):
    before = {k: v.clone() for k, v in case.network.state_dict().items()}
    one, other = run(case)[1], run(case)[1]
    assert torch.equal(one[-1][3], other[-1][3])
    assert all(torch.equal(v, before[k]) for k, v in case.network.state_dict().items())
    assert case.network.class_ids == ("non_landmark",)


@pytest.mark.parametrize(
    "changed",
    [
        {"center_weight": 0.0},
        {"center_for": "everybody", "center_weight": 0.1},
        {"loss": "sub_center_arcface"},
        {"pooling": "gem"},
        {"stages": "at_once"},
        {"rates": "one"},
        {"rates": "three"},
        {"labels": "dirty"},
        {"labels": "truth"},
        {"seed": 1},
    ],
)
def test_every_setting_gives_another_network(case, changed):
    usual, other = run(case, center_weight=0.1)[1], run(case, **{"center_weight": 0.1, **changed})[1]
    assert not torch.equal(usual[-1][3], other[-1][3])
    assert other[-1][3].isfinite().all()


def test_other_late_stages_keep_the_stem_and_start_the_embedding_anew(case):
    other = create_network(NetworkConfig("tf_efficientnet_lite0", None, 64, 8, frozen_stages=8, seed=5))
    changed = with_late_stages(case, other.trunk)
    assert torch.equal(changed.network.trunk.conv_head.weight, other.trunk.conv_head.weight)
    assert torch.equal(changed.network.trunk.conv_stem.weight, case.network.trunk.conv_stem.weight)
    assert not torch.equal(case.network.trunk.conv_head.weight, other.trunk.conv_head.weight)
    with torch.no_grad():
        embeddings = changed.network.embed(case.views.maps, 8)
    torch.testing.assert_close(embeddings.mean(dim=0), torch.zeros(8), atol=1e-4, rtol=0)  # centered


def test_gem_is_learned(case):
    powers = []
    run_recipe(
        case, Recipe(updates=8, pooling="gem", stages="at_once"), BASE, lambda _, n, __: powers.append(n.pool)
    )
    assert isinstance(powers[0], GeM)
    assert powers[0].power.item() != 3.0


@pytest.mark.parametrize(
    "wrong",
    [
        {"loss": "hinge"},
        {"stages": "none"},
        {"rates": "two"},
        {"labels": "x"},
        {"updates": 0},
        {"center_weight": -1},
    ],
)
def test_impossible_recipes_are_refused(wrong):
    with pytest.raises(InputError, match=next(iter(wrong))):
        Recipe(**wrong)
