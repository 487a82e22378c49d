"""Costs of trunks: counted ones against published figures, speeds only for their shape."""

import pytest

from sightlab.checks import InputError
from sightlab.evaluation.trunk_costs import ARTICLE_TRUNKS, trunk_sizes, trunk_speeds


def test_sizes_of_the_wide_resnet():
    # torchvision: 66,834,240 parameters in the trunk, 11.4 GFLOPs at 224 with the classifier
    row = trunk_sizes(["wide_resnet50_2"]).iloc[0]
    assert row["parameters"] == 66_834_240
    assert row["gflops"] == pytest.approx(11.4, abs=0.05)
    assert row["megabytes"] == pytest.approx(66_834_240 * 4 / 2**20)


def test_a_larger_photo_costs_more_in_proportion():
    # every map grows with the photo: twice the side, four times the work
    once, twice = trunk_sizes(["resnet18"], 224)["gflops"][0], trunk_sizes(["resnet18"], 448)["gflops"][0]
    assert twice == pytest.approx(4 * once, rel=0.01)


def test_the_four_trunks_of_the_article_exist():
    import timm

    assert all(timm.is_model(name) for name in ARTICLE_TRUNKS.values())
    assert len(ARTICLE_TRUNKS) == 4


def test_speeds_have_a_median_between_extremes_and_give_the_threads_back():
    import torch

    threads = torch.get_num_threads()
    table = trunk_speeds(["mobilenetv3_small_050"], size=64, batch=2, repeats=2)
    assert torch.get_num_threads() == threads
    row = table.iloc[0]
    for kind in ("forward", "training"):
        assert 0 < row[f"{kind}_low"] <= row[kind] <= row[f"{kind}_high"]


def test_an_unknown_trunk_is_refused():
    with pytest.raises(InputError, match="trunk='resnet51' is no timm network"):
        trunk_sizes(["resnet51"])
