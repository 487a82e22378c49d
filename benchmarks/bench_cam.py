"""How fast class activation maps are: closed form on the engine, closed form in torch, pytorch_grad_cam.

python benchmarks/bench_cam.py

The same network and photos; in torch the maps must be Grad-CAM's up to its own scaling.
"""

import argparse

from measuring import Row, finish, fix_threads, parser_of, per_second, take_turns, times_better


def grad_cam_of(network):
    """pytorch_grad_cam on the last map of a LandmarkNet, as its own examples use it."""
    import torch
    from pytorch_grad_cam import GradCAM
    from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget

    class LogitsOfPlanes(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.network = network

        def forward(self, planes):
            return self.network(planes.permute(0, 2, 3, 1)).logits

    method = GradCAM(LogitsOfPlanes(), [network.trunk.bn2])

    def maps(photos, classes):
        planes = torch.from_numpy(photos).permute(0, 3, 1, 2).float()
        return method(planes, targets=[ClassifierOutputTarget(c) for c in classes])

    return maps


def measure(settings: argparse.Namespace) -> tuple[list[Row], dict]:
    import numpy as np
    import torch
    from pytorch_grad_cam.utils.image import scale_cam_image

    from sightlab.nets.engine import compile_engine
    from sightlab.nets.network import NetworkConfig, create_network
    from sightlab.views.cam import LastMap, class_activation

    torch.set_num_threads(settings.threads)
    torch.manual_seed(0)
    network = create_network(NetworkConfig(input_size=224, frozen_stages=0))
    network.grow(tuple(f"landmark_{i:02d}" for i in range(45)), torch.randn(45, 256))
    rng = np.random.default_rng(0)
    photos = rng.integers(0, 256, (settings.n, 224, 224, 3), dtype=np.uint8)
    classes = rng.integers(1, 46, settings.n).tolist()
    fast = compile_engine(LastMap(network), 224, threads=settings.threads)
    plain = compile_engine(LastMap(network), 224, "torch")
    grad_cam = grad_cam_of(network)
    ours = class_activation(network, photos[:4], classes[:4], plain)
    ours = scale_cam_image(scale_cam_image(np.maximum(ours, 0), (224, 224)))
    if np.abs(ours - grad_cam(photos[:4], classes[:4])).max() > 1e-2:
        raise SystemExit("the maps differ from Grad-CAM's: the speeds cannot be compared")
    ways = {
        "fast": lambda: class_activation(network, photos, classes, fast),
        "plain": lambda: class_activation(network, photos, classes, plain),
        "grad_cam": lambda: grad_cam(photos, classes),
    }
    seconds = take_turns(ways, settings.rounds)
    speed, rows = per_second(settings.n, seconds), []
    for name, engine, key in (("fast", fast.name, "cam_vs_grad_cam"), ("plain", plain.name, "")):
        ratio, spread = times_better(seconds[name], seconds["grad_cam"])
        what, theirs = f"class activation maps, lite0 at 224 px, {engine}", speed["grad_cam"]
        rows.append(Row(what, speed[name], "pytorch_grad_cam", theirs, "photos/s", ratio, key, spread))
    return rows, {f"cam_photos_per_second_{name}": value for name, value in speed.items()}


def main() -> None:
    settings = parser_of(__doc__.splitlines()[0], n=32, rounds=3).parse_args()
    settings.threads = fix_threads(settings.threads)
    rows, numbers = measure(settings)
    finish(rows, numbers, settings.out)


if __name__ == "__main__":
    main()
