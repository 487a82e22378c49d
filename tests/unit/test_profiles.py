"""Profiles: every one is complete, closed, and fits its own network."""

from dataclasses import FrozenInstanceError, replace

import pytest
import timm
import torch

from sightlab import cli
from sightlab.checks import InputError
from sightlab.learning.curriculum import CurriculumConfig
from sightlab.nets.backbones import create_trunk, trunk_stages
from sightlab.nets.network import LandmarkNet
from sightlab.profiles import PROFILE_NAMES, Profile, get_profile
from sightlab.recognition.similarity import PLAIN


def test_the_command_line_offers_the_profiles_there_are():
    assert set(cli.PROFILES) == set(PROFILE_NAMES) == {"tour", "photos", "article", "full"}


@pytest.mark.parametrize("name", PROFILE_NAMES)
def test_a_profile_is_complete_and_fits_its_trunk(name):
    profile = get_profile(name)
    assert profile.name == name
    assert profile == get_profile(name)
    config = profile.curriculum.network
    assert timm.is_model(config.trunk)
    with torch.device("meta"):  # shapes without memory
        trunk = create_trunk(config.trunk, None)
        network = LandmarkNet(config, trunk)
    assert config.frozen_stages < len(trunk_stages(trunk))
    assert network.fc.weight.shape[0] == config.embedding_dim
    assert sum(p.numel() for p in network.parameters() if p.requires_grad) > 0
    assert all(minutes > 0 for minutes in profile.expected_minutes.values())


@pytest.mark.parametrize("name", ["tour", "photos"])
def test_behind_a_frozen_stem_all_parts_learn_alike(name):
    for training in get_profile(name).curriculum.stages:
        assert (training.trunk_ratio, training.embedding_ratio, training.classifier_ratio) == (1, 1, 1)


def test_full_is_the_network_of_the_article():
    network = get_profile("full").curriculum.network
    assert (network.trunk, network.input_size, network.embedding_dim) == ("wide_resnet50_2", 224, 512)
    assert network.frozen_stages == 0
    stages = get_profile("full").curriculum.stages
    ratios = [(s.trunk_ratio, s.embedding_ratio, s.classifier_ratio) for s in stages]
    assert ratios == [(0.1, 1, 1), (0.05, 0.3, 1)]


def test_article_is_photos_without_what_is_ours():
    article, photos = get_profile("article"), get_profile("photos")
    for same in ("network", "views"):
        assert getattr(article.curriculum, same) == getattr(photos.curriculum, same)
    assert [s.epochs for s in article.curriculum.stages] == [s.epochs for s in photos.curriculum.stages]
    assert article.curriculum.cleaner == "previous"
    assert article.curriculum.cleaning.second_look == 0
    rates = [(s.trunk_ratio, s.embedding_ratio, s.classifier_ratio) for s in article.curriculum.stages]
    assert rates == [(0.1, 1, 1), (0.1, 0.3, 1), (0.1, 0.3, 1), (0.1, 0.3, 1)]
    assert article.recognizer.similarity == PLAIN
    assert (article.whitened_dim, article.lost_to_lead) == (0, 0)


@pytest.mark.parametrize("name", ["tour", "photos", "article"])
def test_profiles_for_a_cpu_need_no_network_access(name):
    assert get_profile(name).curriculum.network.weights == "packaged"


def test_an_unknown_name_is_refused():
    with pytest.raises(InputError, match=r"'big' is unknown\. Choose one of: tour, photos, article, full"):
        get_profile("big")


@pytest.mark.parametrize(
    ("wrong", "told"),
    [({"fpr": 0}, "fpr=0"), ({"fpr": 1}, "fpr=1"), ({"wanted_share_multiple": 1.5}, "wanted_share_multiple")],
)
def test_impossible_settings_are_refused(wrong, told):
    with pytest.raises(InputError, match=told):
        replace(get_profile("tour"), **wrong)


def test_a_typo_and_a_change_are_errors():
    with pytest.raises(TypeError):
        Profile("mine", CurriculumConfig(), frp=0.1)
    with pytest.raises(FrozenInstanceError):
        get_profile("tour").fpr = 0.1
