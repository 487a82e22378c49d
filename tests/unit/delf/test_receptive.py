"""Receptive fields: by hand, of known networks, and against what really changes a cell."""

import numpy as np
import pytest
import torch
from torch import nn

from sightlab.checks import InputError
from sightlab.delf.receptive import Cells, ReceptiveField, receptive_field, stages_at_stride


def test_two_layers_by_hand():
    # 3x3 stride 2 padding 1: sees 3, from -1. The same again: 3 + 2 * 2 = 7 pixels, from -1 - 2 = -3
    layers = nn.Sequential(nn.Conv2d(3, 4, 3, 2, 1), nn.ReLU(), nn.Conv2d(4, 4, 3, 2, 1))
    found = receptive_field(layers)
    assert found == ReceptiveField(7, 4, 3)
    assert found.first_center == 0
    assert found.centers(3).tolist() == [0, 4, 8]


def test_a_pool_without_padding_by_hand():
    # 2x2 pool: pixels 0 and 1; 3x3 padding 1 behind it: from -2, 2 * 3 = 6 pixels; middle -2 + 2.5 = 0.5
    found = receptive_field(nn.Sequential(nn.MaxPool2d(2), nn.Conv2d(3, 4, 3, 1, 1)))
    assert found == ReceptiveField(6, 2, 2)
    assert found.first_center == 0.5


def test_resnet_50():
    import timm

    trunk = timm.create_model("resnet50", pretrained=False, num_classes=0)
    n_stages = stages_at_stride(trunk)
    assert n_stages == 4  # the stem, layer1, layer2, layer3
    # stem 7, pool 11; layer1 3 x 3x3 at stride 4: 11 + 24 = 35; layer2: 8 + 3 * 16 = 91;
    # layer3: the first at stride 8, 5 more at 16: 91 + 16 + 160 = 267. DELF's 291 is TensorFlow's variant,
    # which strides in the last unit of a block. Padding: the first cell's middle is at 0, so (267 - 1) / 2.
    assert receptive_field(Cells(trunk, n_stages)) == ReceptiveField(267, 16, 133)


def test_the_field_is_where_a_pixel_changes_a_cell():
    import timm

    trunk = timm.create_model("tf_efficientnet_lite0", pretrained=False, num_classes=0).eval()
    n_stages = stages_at_stride(trunk)
    assert n_stages == 6
    cells = Cells(trunk, n_stages).double()
    found = receptive_field(cells)
    assert found.stride == 16
    generator = torch.Generator().manual_seed(0)
    photo = torch.randn(1, 3, 512, 64, generator=generator, dtype=torch.float64, requires_grad=True)
    (gradient,) = torch.autograd.grad(cells(photo)[0, :, 16].square().sum(), photo)
    rows = torch.nonzero(gradient.abs().sum(dim=(0, 1, 3))).flatten()
    first = 16 * 16 - found.padding
    assert rows[0] >= first  # ReLU6 shuts some paths of a random network, so it may see less, never more
    assert rows[-1] <= first + found.size - 1
    middle = np.average(np.arange(512), weights=gradient.abs().sum(dim=(0, 1, 3)).numpy())
    assert middle == pytest.approx(found.centers(17)[16], abs=8)  # half a cell


def test_global_pooling_has_no_cells():
    class Squeezed(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(3, 3, 3, 2, 1)
            self.pool = nn.AdaptiveAvgPool2d(1)

        def forward(self, x):
            x = self.conv(x)
            return x + self.pool(x)

    with pytest.raises(InputError, match="without global pooling"):
        receptive_field(Squeezed())


def test_a_trunk_that_cannot_be_cut_is_refused():
    class Deep(nn.Module):
        def forward_features(self, x):
            return nn.functional.avg_pool2d(x, 32)

    with pytest.raises(InputError, match="stage of stride 16"):
        stages_at_stride(Deep())


def test_the_network_is_left_as_it_was():
    layers = nn.Sequential(nn.Conv2d(3, 4, 3, 2, 1), nn.BatchNorm2d(4), nn.ReLU())
    before = {name: value.clone() for name, value in layers.state_dict().items()}
    layers.train()
    receptive_field(layers)
    assert layers.training
    assert all(torch.equal(before[name], value) for name, value in layers.state_dict().items())
    assert [type(layer) for layer in layers] == [nn.Conv2d, nn.BatchNorm2d, nn.ReLU]
