"""A review page in one file: photos beside their maps, verdicts by key, for a browser without a network.

    write_bundle(cards, maps, Path("review.html"), model=network_key(network))

Maps are kept as small as they are (7 x 7 numbers) and drawn by the page: one color scale for all maps in
logits, one for all in cosines; opacity, target and native grid change at once. Verdicts stay in the browser
until they are exported as the JSON lines of `review`, which `review.take_in` merges.

Shapes: N photos, hxw map.
Source: ours.
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from jaxtyping import Float

from sightlab.checks import InputError, check_columns, check_count, check_unique
from sightlab.data.credits import credits_of
from sightlab.data.photos import UnreadablePhoto
from sightlab.evaluation.metrics import OUTCOMES
from sightlab.views.figures_cam import COLORMAP
from sightlab.views.pages import data_uri, jpeg, open_small, readable, render, write_page, write_part
from sightlab.views.review import VERDICTS

CARD_COLUMNS = (
    "photo_id", "path", "answer", "best", "runner_up", "similarity", "threshold", "margin", "reason", "trace"
)  # fmt: skip
TARGETS = {  # what a map can be about, in the order in which the key C goes through them
    "predicted": "for the best landmark",
    "true": "for the true landmark",
    "runner_up": "for the runner-up",
    "difference": "best minus true",  # minus the runner-up where the best one is true
    "centroid": "like its centroid",  # the nearest one
    "reference": "like its reference",  # the nearest one of the best landmark
    "random": "random weights",  # the sanity check: sense seen here is in the eye
}
UNITS = {
    "logit": ("predicted", "true", "runner_up", "difference"),
    "cosine": ("centroid", "reference"),
    "own spread": ("random",),  # maps of another network have no unit in common
}
HIDDEN_WHEN_BLIND = ("true", "difference")  # targets that tell the truth
FULL_COLOR = 0.98  # share of all map values that are below the full color
SIDES = (384, 320, 256, 192, 144)  # pixels of a photo's long side, tried until the page is small enough


@dataclass(frozen=True)
class BundleConfig:
    title: str = "Review"
    is_blind: bool = False  # leaves truth and answer out of the file; ids of photos stay, verdicts need them
    rule: str = ""  # how the photos were chosen, in words
    quality: int = 80  # of JPEG, 1 to 95
    max_bytes: int = 24_000_000  # of the page with its photos

    def __post_init__(self):
        check_count(self.quality, "quality")
        check_count(self.max_bytes, "max_bytes", 100_000)


def write_bundle(
    cards: pd.DataFrame,
    maps: Mapping[str, Float[np.ndarray, "N h w"]],
    out: Path,
    model: str,
    config: BundleConfig | None = None,
) -> Path:
    """Writes the page; its path.

    Args:
        cards: one row a photo, in the order shown: `CARD_COLUMNS` (path absolute; answer, best and runner_up
            as a reader should see them; answer "" for none), and if known `truth` ("" for no landmark),
            `outcome` and `region`, by which the page filters.
        maps: target (a key of `TARGETS`) -> signed maps of the same photos in the target's unit (`UNITS`);
            NaN where a photo has none.
        out: a name that ends in .html: one file; any other: a folder with index.html and photos/.
        model: key of the network, written beside each verdict.
        config: title, blind, size.
    Raises:
        InputError: a missing column, a photo twice, no photo, maps of another number of photos, an unknown
            target, a place that cannot be written, more photos than fit into `max_bytes`.
    """
    config, out = config or BundleConfig(), Path(out)
    _check(cards, maps)
    blind = config.is_blind
    maps = {name: m for name, m in maps.items() if not (blind and name in HIDDEN_WHEN_BLIND)}
    is_file = out.suffix.lower() in (".html", ".htm")
    _check_out(out, is_file)
    photos = _small_enough(cards["path"], config)
    links, credits = _links(photos, out, is_file), credits_of(cards["path"])
    limits = _limits(maps)
    html = render(
        "review",
        title=readable(config.title),
        page_id=_page_id(cards, model, config),
        model=model,
        is_blind=config.is_blind,
        rule=config.rule,
        limits={unit: limits[t] for unit, of in UNITS.items() for t in of if t in limits},
        unit_of={target: unit for unit, of in UNITS.items() for target in of},
        colors=_colors(),
        targets={name: TARGETS[name] for name in TARGETS if name in maps},
        verdicts=VERDICTS,
        outcomes=[o for o in OUTCOMES if o in set(cards.get("outcome", ()))] if not config.is_blind else [],
        filters=_filters(cards, config.is_blind),
        grid=next((m.shape[1:] for m in maps.values()), (1, 1)),
        cards=[
            _card(row, link, ratio, {name: _bytes(m[n], limits[name]) for name, m in maps.items()}, blind)
            | {"credit": readable(credits.get(str(row["path"]), ""))}
            for n, (row, link, (_, ratio)) in enumerate(
                zip(cards.to_dict("records"), links, photos, strict=True)
            )
        ],
    )
    return write_page(out if is_file else out / "index.html", html)


def worst_first(cards: pd.DataFrame) -> np.ndarray:
    """The order in which a reviewer should see them: confident mistakes, near misses, narrow successes.

    Args:
        cards: outcome, similarity, threshold.
    Returns:
        (N,) row numbers: confused and false alarms, the highest above the threshold first; then missed, the
        nearest below it first; then correct, the narrowest first; then rejected photos, the nearest first.
    """
    check_columns(cards, ("outcome", "similarity", "threshold"), "cards")
    above = (cards["similarity"] - cards["threshold"]).fillna(-np.inf).to_numpy()
    group = cards["outcome"].map({"confused": 0, "false_alarm": 0, "missed": 1, "correct": 2}).fillna(3)
    within = np.where(group.to_numpy() == 2, above, -above)
    return np.lexsort((within, group.to_numpy()))


def full_color(maps: Mapping[str, np.ndarray]) -> float:
    """The value that gets the full color, one for all photos and targets of one unit; > 0."""
    values = np.concatenate([np.abs(m[np.isfinite(m)]) for m in maps.values()] or [np.empty(0)])
    return float(np.quantile(values, FULL_COLOR)) or 1.0 if len(values) else 1.0


def _limits(maps: Mapping[str, np.ndarray]) -> dict[str, float]:
    """Target -> value of the full color; the same for all targets of one unit."""
    limits = {}
    for of in UNITS.values():
        found = {target: maps[target] for target in of if target in maps}
        limits |= dict.fromkeys(found, full_color(found))
    return limits


def _check(cards: pd.DataFrame, maps: Mapping[str, np.ndarray]) -> None:
    check_columns(cards, CARD_COLUMNS, "cards")
    check_unique(cards["photo_id"], "photo_id of the cards")
    if cards.empty:
        raise InputError("expected photos to review; got none. Choose another split or filter.")
    for name, values in maps.items():
        if name not in TARGETS or values.ndim != 3 or len(values) != len(cards):
            raise InputError(
                f"expected maps (N, h, w) of {len(cards):,} photos by target ({', '.join(TARGETS)}); got "
                f"{values.shape} for {name!r}. Make them of the same cards."
            )
    if len({m.shape[1:] for m in maps.values()}) > 1:
        raise InputError("expected maps of one size for all targets. Make them with one network.")


def _check_out(out: Path, is_file: bool) -> None:
    if is_file and out.is_dir():
        raise InputError(f"expected the name of a page; {out} is a folder. Give another name with --out.")
    if not is_file and out.exists() and not out.is_dir():
        raise InputError(f"expected a folder or a name ending in .html; {out} is a file. Rename one.")
    found = {path.name for path in out.iterdir()} if out.is_dir() else set()
    if found and not ("index.html" in found and found <= {"index.html", "photos"}):
        raise InputError(
            f"expected a new folder, or that of an earlier page; {out} holds other things. Give another one."
        )


def _small_enough(paths: Sequence[str], config: BundleConfig) -> list[tuple[bytes, float]]:
    """JPEG and width / height of every photo (b"" if it is not there), as large as fits the page."""
    for side in SIDES:
        photos, total = [], 0
        for path in paths:
            photos.append(_encoded(Path(path), side, config.quality))
            total += len(photos[-1][0]) * 4 / 3 + 4_000  # as text, and what stands beside it
            if total > config.max_bytes:
                break
        else:
            return photos
    raise InputError(
        f"{len(paths):,} photos do not fit into {config.max_bytes / 1e6:.0f} MB, even small. Choose fewer."
    )


def _encoded(path: Path, side: int, quality: int) -> tuple[bytes, float]:
    try:
        photo = open_small(path, side)
    except UnreadablePhoto:
        return b"", 4 / 3
    return jpeg(photo, quality), photo.shape[1] / photo.shape[0]


def _links(photos: Sequence[tuple[bytes, float]], out: Path, is_file: bool) -> list[str]:
    """Where the page finds each photo: in itself, or in a file beside it; "" for one that is not there."""
    if is_file:
        return [data_uri(content) if content else "" for content, _ in photos]
    names = [f"photos/{n:04d}.jpg" if content else "" for n, (content, _) in enumerate(photos, 1)]
    for name, (content, _) in zip(names, photos, strict=True):
        if name:
            write_part(out / name, content)
    return names


def _page_id(cards: pd.DataFrame, model: str, config: BundleConfig) -> str:
    """What verdicts in a browser are kept under: the same photos, model and blindness, the same verdicts."""
    parts = [model, str(config.is_blind), *map(str, cards["photo_id"])]
    return hashlib.sha256("\0".join(map(readable, parts)).encode()).hexdigest()[:16]


def _bytes(values: Float[np.ndarray, "h w"], limit: float) -> str:
    """A map as base64 of int8: 127 is the full color; "" where there is none."""
    if not np.isfinite(values).all():
        return ""
    steps = np.clip(np.round(values * (127 / limit)), -127, 127).astype(np.int8)
    return b64encode(steps.tobytes()).decode()


def _colors() -> list[str]:
    """The color of each of the 255 steps, -127 to 127, as rrggbb."""
    from matplotlib import colormaps
    from matplotlib.colors import to_hex

    return [to_hex(color)[1:] for color in colormaps[COLORMAP](np.linspace(0, 1, 255))]


def _filters(cards: pd.DataFrame, is_blind: bool) -> dict[str, list[str]]:
    """Name -> values by which the page filters."""
    wanted = () if is_blind else ("truth", "best", "region")
    found = {name: sorted({readable(v) for v in cards[name]} - {""}) for name in wanted if name in cards}
    return {name: values for name, values in found.items() if len(values) > 1}


def _card(row: dict, link: str, ratio: float, maps: dict[str, str], is_blind: bool) -> dict:
    """What the template shows of one photo; of a blind page neither answer nor truth."""
    shown = {
        "photo_id": readable(row["photo_id"]),
        "link": link,
        "ratio": f"{ratio:.3f}",
        "maps": maps if link else {},
        "facts": [],
        "keys": {},
        "title": "",
        "outcome": "",
        "reason": "",
        "trace": "",
    }
    if is_blind:
        return shown
    truth, outcome = row.get("truth"), row.get("outcome", "")
    numbers = {name: _number(row[name]) for name in ("similarity", "threshold", "margin")}
    facts = {} if row["answer"] == row["best"] else {"best": row["best"]}
    facts |= {"true": None if truth is None else truth or "no landmark"}
    facts |= {"runner-up": row["runner_up"] or "none"} | numbers
    return shown | {
        "facts": [(name, readable(value)) for name, value in facts.items() if value is not None],
        "keys": {name: readable(row.get(name) or "") for name in ("truth", "best", "region")},
        "title": readable(row["answer"] or "no landmark"),
        "outcome": outcome,
        "reason": readable(row["reason"]),
        "trace": readable(row["trace"]),
    }


def _number(value: float) -> str:
    return "none" if pd.isna(value) or not np.isfinite(value) else f"{value:.3f}"
