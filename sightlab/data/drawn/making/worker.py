"""One process that draws photos: batches of plan rows come in as JSON lines, finished photos go out.

Started by `workers` as `python -m sightlab.data.drawn.making.worker FOLDER SEED`, not meant for people.
It ends when its input ends, so it does not outlive the process that started it.

Source: ours.
"""

from __future__ import annotations

import json
import signal
import sys
import traceback
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path

import numpy as np
from jaxtyping import Float

from sightlab.data.drawn.making.draw import Studio
from sightlab.workspace_files import atomic_write_bytes


def draw_into(root: Path, studio: Studio, row: Mapping, depth: bool = False) -> dict:
    """Draws one photo of a plan into a folder, whole or not at all; its drawn facts."""
    path = root / row["path"]
    path.parent.mkdir(parents=True, exist_ok=True)
    taken = studio.write(row, path)
    if depth and taken.drawing is not None:
        _write_depth(root / "depth" / f"{row['photo_id']}.npy", taken.drawing.depth)
    return taken.facts


def _write_depth(path: Path, depth: Float[np.ndarray, "H W"]) -> None:
    buffer = BytesIO()
    np.save(buffer, depth, allow_pickle=False)
    atomic_write_bytes(path, buffer.getvalue())


def main(folder: str, seed: str) -> int:
    """Draws until the input ends; 1 when the process that started this one is gone or a photo failed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that started this one
    studio = Studio(int(seed))
    try:
        for line in sys.stdin:
            batch = json.loads(line)
            for row in batch["rows"]:
                _say({"starts": row["photo_id"]})
                facts = draw_into(Path(folder), studio, row, batch["depth"])
                _say({"photo_id": row["photo_id"], "facts": facts})
            _say({"batch": "done"})
    except BrokenPipeError:
        return 1
    except Exception as error:
        traceback.print_exc()
        where = {"errno": getattr(error, "errno", None), "filename": getattr(error, "filename", None)}
        _say({"error": f"{type(error).__name__}: {error}", **where})
        return 1
    return 0


def _say(message: Mapping) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
