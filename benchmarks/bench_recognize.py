"""How long one photo takes from its file to its answer, in a process that has the model in memory.

python benchmarks/bench_recognize.py
python benchmarks/bench_recognize.py --trunk wide_resnet50_2    # the article's

`TrainedModel.recognize_one` on one file a call: decoding, network with regions, search, thresholds, the row
with its trace. Beside it the bare forward pass of the same compiled network on the decoded photo, and what
the file costs by itself, decoded and squashed. The model is a network with random classes and a drawn gallery
of 45 landmarks: as slow as a trained one. Beside the usual trunk, in turns of its own, DELF
with the same trunk and engine: seven scales, votes from 900 database photos, geometry for 20 candidates; its
head is random, so that its photos match no better than strangers. How accurate it is, notebook 08 says.
"""

import argparse
import statistics
import tempfile
from pathlib import Path

from bench_embed import draw_photos
from measuring import Row, finish, fix_threads, milliseconds, parser_of, take_turns, times_better

TRUNK = "tf_efficientnet_lite0"  # of profile photos


def draw_model(workspace, rng, trunk: str) -> None:
    """A network as profile `photos` has it, and a gallery of random directions; saved like a trained one.

    Args:
        trunk: of the network; another gets the sizes of profile `full`, and random weights.
    """
    from dataclasses import replace

    import numpy as np
    import pandas as pd
    import torch

    from sightlab.nets.network import create_network
    from sightlab.pipeline_model import write_model
    from sightlab.profiles import get_profile
    from sightlab.recognition.calibration import Thresholds
    from sightlab.recognition.gallery import CentroidGallery
    from sightlab.recognition.recognizer import Recognizer
    from sightlab.recognition.witnesses import Witnesses

    profile = get_profile("photos")
    config = profile.curriculum.network
    if trunk != config.trunk:
        config = replace(get_profile("full").curriculum.network, trunk=trunk, weights=None)
    network = create_network(config)
    features = rng.standard_normal((2 * profile.whitened_dim, network.fc.in_features), dtype=np.float32)
    network.fit_whitening(torch.from_numpy(features), profile.whitened_dim)

    def directions(n):
        rows = rng.standard_normal((n, network.unit_dim), dtype=np.float32)
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)

    names = [f"landmark_{i:02d}" for i in range(45)]
    views = [name for name in names for _ in range(3)]
    table = pd.DataFrame({"centroid": range(len(views)), "landmark_id": views, "view": 0, "n_photos": 50})
    landmarks = pd.DataFrame({"landmark_id": names, "name": names, "city": "", "country": ""})
    landmarks = landmarks.assign(lat=rng.uniform(-60, 60, 45), lon=rng.uniform(-180, 180, 45))
    thresholds = Thresholds(0.6, 0.5, 2.0, 0.01, 1000, 1000, "drawn embeddings", region_extra=0.1)
    references = {name: directions(4) for name in names}
    gallery = CentroidGallery(directions(len(views)), table)
    witnesses = Witnesses(directions(80 * len(names)), np.repeat(np.array(names, dtype=np.str_), 80))
    pool = directions(1000)
    recognizer = Recognizer(
        gallery, landmarks, references, thresholds, profile.recognizer, pool, witnesses=witnesses
    )
    write_model(workspace, network, {0.01: recognizer}, 0.01, profile.regions)


def delf_recognizer(model, paths: list[Path], copies: int = 9):
    """What answers a file by DELF: the model's trunk, a random head, the photos `copies` times over."""
    import numpy as np
    import torch

    from sightlab.data.photos import open_photo
    from sightlab.delf.features import extract, extract_all
    from sightlab.delf.index import DescriptorIndex, IndexConfig
    from sightlab.delf.network import DelfHead, DelfNet, HeadConfig
    from sightlab.delf.receptive import Cells, stages_at_stride
    from sightlab.delf.recognizer import DelfRecognizer
    from sightlab.delf.store import store_of
    from sightlab.nets.engine import compile_engine

    trunk = model.network.trunk
    with torch.no_grad():
        n_channels = Cells(trunk, stages_at_stride(trunk))(torch.zeros(1, 3, 64, 64)).shape[1]
    torch.manual_seed(0)
    head = DelfHead(n_channels, 45, HeadConfig()).eval()
    axes = torch.linalg.qr(torch.randn(256, 40)).Q.T.contiguous()
    net = DelfNet(model.network, head, torch.zeros(256), axes)
    engine = compile_engine(net, None, hint="latency")
    names = [str(path) for path in paths]
    store = store_of(names, list(extract_all(map(open_photo, paths), engine, net.field)), net.key)
    index = DescriptorIndex(store, IndexConfig(kind="auto"), copies)
    rival = DelfRecognizer(
        index, store, np.array([f"landmark_{i % 45:02d}" for i in range(len(paths))]), 30.0
    )
    return lambda path: rival.row(str(path), extract(open_photo(path), engine, net.field))


def measure(settings: argparse.Namespace, folder: Path) -> tuple[list[Row], dict]:
    from itertools import cycle

    import numpy as np

    from sightlab.data.photos import open_photo
    from sightlab.nets.backbones import square_photo
    from sightlab.pipeline_model import TrainedModel
    from sightlab.workspace import Workspace

    workspace = Workspace(folder / "workspace")
    draw_model(workspace, np.random.default_rng(0), settings.trunk)
    model = TrainedModel(workspace)
    paths = draw_photos(folder, settings.n)
    size = model.network.config.input_size
    squares = cycle([square_photo(open_photo(path), size)[None] for path in paths])
    files, opened = cycle(paths), cycle(paths)

    def recognize():
        if model.recognize_one(next(files))["reason"].startswith("unreadable"):
            raise SystemExit("a photo must get an answer")

    ways = {"recognize": recognize, "forward": lambda: model.engine(next(squares))}
    ways["file"] = lambda: square_photo(open_photo(next(opened), size), size)
    seconds = take_turns(ways, settings.rounds)
    ratio, spread = times_better(seconds["recognize"], seconds["forward"])
    is_usual, ms = settings.trunk == TRUNK, milliseconds(seconds)
    what = f"recognize one photo, {'lite0' if is_usual else settings.trunk} at {size} px, warm"
    rival, end = f"bare forward pass, {model.engine.name}", "" if is_usual else f"_{settings.trunk}"
    key = f"recognize_vs_bare_forward{end}"
    rows = [Row(what, ms["recognize"], rival, ms["forward"], "ms", ratio, key, spread)]
    numbers = {
        f"recognize_milliseconds{end}": ms["recognize"],
        f"recognize_milliseconds_p95{end}": 1000 * statistics.quantiles(seconds["recognize"], n=20)[-1],
        f"forward_milliseconds{end}": ms["forward"],
        f"file_milliseconds{end}": ms["file"],
        f"recognize_input_size{end}": size,
    }
    if not is_usual:
        return rows, numbers
    row, found = beside_delf(model, paths, recognize, settings.rounds)
    return [*rows, row], numbers | found


def beside_delf(model, paths: list[Path], recognize, rounds: int) -> tuple[Row, dict]:
    """The row of DELF, which takes far longer and so has turns of its own."""
    from itertools import cycle

    delf, asked = delf_recognizer(model, paths), cycle(paths)
    seconds = take_turns({"recognize": recognize, "delf": lambda: delf(next(asked))}, rounds)
    ratio, spread = times_better(seconds["recognize"], seconds["delf"])
    ms, rival = milliseconds(seconds), "DELF, 7 scales, 900 photos, 20 verified"
    what, key = "recognize one photo vs DELF", "recognize_vs_delf"
    row = Row(what, ms["recognize"], rival, ms["delf"], "ms", ratio, key, spread)
    return row, {"delf_milliseconds": ms["delf"], key: ratio}


def main() -> None:
    parser = parser_of(__doc__.splitlines()[0], n=100, rounds=100)
    parser.add_argument("--trunk", default=TRUNK, help="any timm name")
    settings = parser.parse_args()
    settings.threads = fix_threads(settings.threads)
    with tempfile.TemporaryDirectory() as folder:
        rows, numbers = measure(settings, Path(folder))
    finish(rows, numbers, settings.out)


if __name__ == "__main__":
    main()
