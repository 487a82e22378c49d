"""Recipes: groups, numbers of updates, and that each setting does what it says."""

from copy import deepcopy
from dataclasses import replace

import numpy as np
import pytest
import torch

from sightlab.checks import InputError
from sightlab.learning import recipes
from sightlab.learning.recipes import (
    Recipe,
    RecipeCase,
    landmark_groups,
    plain_embeddings,
    run_recipe,
    shared_updates,
    updates_of,
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


@pytest.fixture
def trainings(monkeypatch):
    """What every stage is trained with: network before, sub-centers before and after, updates."""
    seen = []

    def train(network, centers, source, classes, ids, config, folder, words, head, n_updates):
        before = deepcopy((network, head))
        history = train_really(
            network, centers, source, classes, ids, config, folder, words, head, n_updates=n_updates
        )
        seen.append({"network": before[0], "head": before[1], "after": deepcopy(head), "n": len(history)})
        return history

    train_really = recipes.train
    monkeypatch.setattr(recipes, "train", train)
    return seen


def test_updates_are_shared_by_hand():
    # stages of 20, 30, 40 photos, 90 in all: 4.4, 6.7, 8.9 of 20 updates, so they end at 4.4, 11.1, 20
    assert shared_updates([20, 30, 40], 20) == [4, 7, 9]
    assert shared_updates([40], 23) == [23]
    with pytest.raises(InputError, match="20 updates leave a stage"):
        shared_updates([5, 995], 20)


def test_updates_of_by_hand(case):
    # kept: 10 of arch, bell, cave each and 11 of dome, beside 12 non-landmarks; 32 photos in stage 1, 53 in
    # stage 2: 4 + 6 whole batches of 8
    assert updates_of(case, Recipe(updates=1), 8) == 10
    assert updates_of(case, Recipe(updates=1, labels="dirty", stages="at_once"), 8) == 10
    assert updates_of(case, Recipe(updates=11), 8) == 11
    with pytest.raises(InputError, match=r"fewer photos than a batch of 33: \[32, 53\]"):
        updates_of(case, Recipe(updates=11), 33)


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
    assert updates == 12


@pytest.mark.parametrize(
    "changed", [{}, {"stages": "at_once"}, {"stages": "random"}, {"labels": "dirty"}, {"labels": "truth"}]
)
def test_every_recipe_makes_the_same_number_of_updates(case, trainings, changed):
    updates, _ = run(case, updates=13, **changed)
    assert updates == sum(stage["n"] for stage in trainings) == 13


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


def test_gem_starts_at_the_axes_of_what_it_pools(case, trainings):
    fitted = with_late_stages(case, case.network.trunk)  # to mean pooling
    other = deepcopy(fitted.network)
    other.pool = GeM()
    run(fitted, pooling="gem")
    network = trainings[0]["network"].eval()
    assert isinstance(network.pool, GeM)
    with torch.no_grad():
        centered, off = (n.embed(case.views.maps, 8).mean(dim=0).norm() for n in (network, other))
    assert centered < 1e-3
    assert off > 0.05


def columns(head, n_classes):
    """Sub-centers of the first classes, three each."""
    return head.loss.W.detach()[:, : 3 * n_classes]


def test_the_head_of_arcface_goes_through_all_stages(case, trainings):
    run(case, loss="sub_center_arcface")
    first, second = trainings
    assert first["head"].loss.W.shape == (8, 3 * 3)  # non-landmark, arch, bell
    assert second["head"].loss.W.shape == (8, 3 * 5)
    assert torch.equal(columns(second["head"], 3), columns(first["after"], 3))  # as stage 1 left them


@pytest.mark.parametrize("stage", [0, 1])
def test_new_sub_centers_start_near_the_mean_of_their_class(case, trainings, stage):
    run(case, loss="sub_center_arcface")
    network, head = trainings[stage]["network"], trainings[stage]["head"]
    usable = case.usable("cleaned")
    for index in ((0, 1, 2), (3, 4))[stage]:
        own = usable & (case.landmark == network.class_ids[index])
        mean = torch.nn.functional.normalize(
            plain_embeddings(network, case.views.maps[own]).mean(dim=0), dim=0
        )
        near = head.loss.W.detach()[:, 3 * index : 3 * index + 3]
        torch.testing.assert_close(near.norm(dim=0), torch.ones(3))
        assert (mean @ near > 0.99).all()  # 0.1 aside: 5.7 degrees, a cosine of 0.995
        assert not torch.equal(near[:, 0], near[:, 1])


def test_the_head_of_arcface_learns_at_the_rate_of_a_profile(case, trainings):
    recipe = Recipe(updates=60, loss="sub_center_arcface", center_weight=0.0)
    wide = create_network(NetworkConfig("tf_efficientnet_lite0", None, 64, 64, frozen_stages=8))
    base = TrainingConfig(batch_size=8, learning_rate=1e-3)
    run_recipe(replace(case, network=wide), recipe, base, lambda *_: None)
    for stage in trainings:
        before, after = (
            torch.nn.functional.normalize(stage[k].loss.W.detach(), dim=0) for k in ("head", "after")
        )
        degrees = torch.rad2deg(torch.acos((before * after).sum(dim=0).clamp(-1, 1)))
        assert degrees.min() > 1  # 23 and 37 updates, 64 dimensions; random draws of the library: 0.4 at most


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
