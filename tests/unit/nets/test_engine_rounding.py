"""Rounding filters to bfloat16: both neighbors, the sum, and what it gains in a network."""

import numpy as np
import pytest
import torch
from torch import nn

from sightlab.nets.engine import compile_engine, has_bf16
from sightlab.nets.engine_rounding import round_convolutions, rounded_filters, to_bf16


@pytest.fixture
def filters():
    return np.random.default_rng(0).normal(size=(40, 27)).astype(np.float32)


def test_the_nearest_bfloat16_is_torchs(filters):
    values = np.concatenate([filters.ravel(), [0, -0.0, 1, -1, 1.00390625, 1e-30, 3e30]]).astype(np.float32)
    expected = torch.from_numpy(values).to(torch.bfloat16).float().numpy()
    assert np.array_equal(to_bf16(values), expected)


def test_by_hand():
    # Between 1 and 2 bfloat16 goes in steps of 1/128 = 0.0078125: both weights are rounded down to 1. The
    # sum is then off by -0.0058; with one at 1.0078125 only by 0.0020, with both by 0.0098. The second goes
    # up, which moves it only 0.0047 - 0.0031 farther away; the first would move 0.0051 - 0.0027.
    filters = np.array([[1.0027, 1.0031]], np.float32)
    assert np.array_equal(to_bf16(filters), [[1, 1]])
    assert np.array_equal(rounded_filters(filters), [[1, 1.0078125]])


def test_every_weight_is_one_of_its_two_neighbors(filters):
    found = rounded_filters(filters)
    assert np.array_equal(to_bf16(found), found)
    step = 2.0 ** (np.floor(np.log2(np.abs(filters))) - 7)  # 8 bits: the leading one and 7 more
    assert (np.abs(found - filters) < step).all()
    assert (np.sign(found) == np.sign(filters)).all()


def test_the_sum_of_a_filter_stays(filters):
    off = np.abs((rounded_filters(filters) - filters).sum(axis=1))
    naive = np.abs((to_bf16(filters) - filters).sum(axis=1))
    assert off.max() < 2e-3
    assert np.median(naive) > 10 * np.median(off)


def test_what_bfloat16_holds_exactly_is_left_alone():
    exact = np.array([[0.0, 1.0, -2.5, 0.15625], [0.0, 0.0, 0.0, 0.0]], np.float32)
    assert np.array_equal(rounded_filters(exact), exact)


class Filters(nn.Module):
    """A plain and a depthwise convolution, each followed by batch norm."""

    def __init__(self):
        super().__init__()
        generator = torch.Generator().manual_seed(0)
        self.plain, self.deep = nn.Conv2d(3, 8, 3), nn.Conv2d(8, 8, 3, groups=8)
        for layer in (self.plain, self.deep):
            layer.weight.data = torch.randn(layer.weight.shape, generator=generator)

    def forward(self, photos):
        return self.deep(self.plain(photos.permute(0, 3, 1, 2).float() / 255).relu()).mean(dim=(2, 3))


def test_all_convolutions_of_a_graph_are_rounded_in_place():
    import openvino as ov

    part = Filters().eval()
    graph = ov.convert_model(
        part, example_input=torch.zeros(1, 16, 16, 3, dtype=torch.uint8), input=[-1, 16, 16, 3]
    )
    round_convolutions(graph)
    found = [
        np.array(node.input_value(1).get_node().data)
        for node in graph.get_ordered_ops()
        if "Convolution" in node.get_type_name()
    ]
    assert [weights.shape for weights in found] == [(8, 3, 3, 3), (8, 1, 1, 3, 3)]
    for weights, layer in zip(found, (part.plain, part.deep), strict=True):
        expected = rounded_filters(layer.weight.detach().numpy().reshape(8, -1))
        assert np.array_equal(weights.reshape(8, -1), expected)


@pytest.mark.skipif(not has_bf16(), reason="this processor has no bfloat16 instructions")
def test_biases_are_added_in_float32():
    # weights 0: the answer is the bias. 1 + 2^-9 lies between the bfloat16 numbers 1 and 1 + 2^-7
    part = Filters()
    for layer in (part.plain, part.deep):
        layer.weight.data.zero_()
        layer.bias.data.fill_(1 + 2**-9)
    found = compile_engine(part, 16, "openvino-bf16", threads=1)(np.zeros((1, 16, 16, 3), np.uint8))
    np.testing.assert_allclose(found, 1 + 2**-9, atol=1e-6)


@pytest.mark.skipif(not has_bf16(), reason="this processor has no bfloat16 instructions")
def test_an_even_photo_is_answered_as_in_float32():
    part = Filters()
    photos = np.full((1, 16, 16, 3), 200, np.uint8)
    exact = compile_engine(part, 16, "openvino-f32", threads=1)(photos)
    half = compile_engine(part, 16, "openvino-bf16", threads=1)(photos)
    assert np.abs(half - exact).max() < 0.01 * np.abs(exact).max()
