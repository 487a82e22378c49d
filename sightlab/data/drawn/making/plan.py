"""The plan of the drawn world: what every photo shows and how it is taken, before any is drawn.

How each photo is taken stands in `taking`. Where exactly the camera stands is found while drawing (`camera`),
because only the scene tells whether something stands in the way.

Source: ours. The kinds of dirt, and more than one view of a landmark: Boiarov & Tyantov 2019 (article).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from sightlab.checks import InputError, check_choice, check_count
from sightlab.data.drawn.making.catalog import CATALOG, CatalogLandmark
from sightlab.data.drawn.making.taking import photo_generator, shared_out, taking
from sightlab.data.manifest import NON_LANDMARK

SIZE_NAMES = ("tiny", "tour", "large")
DIRT_KINDS = ("neighbor", "other_landmark", "non_landmark", "graphic")
PLAIN_DISTRACTORS = ("house", "street", "countryside", "interior", "portrait", "table", "pet")
SCENE_CLASSES = ("beach", "desert", "forest", "interior", "lake", "mountain", "skyline", "street")
REFERENCES_EACH = 4
MIN_LARGE = 1000  # photos: less gives the rarest landmarks too few

_TINY = (
    "amery_cathedral", "rhenne_cathedral", "petrow_winter_palace", "petrow_victory_column",
    "gezira_step_pyramid", "kukul_temple", "crimson_gate_bridge", "mount_fujara",
)  # fmt: skip
_DIRT_SHARES = {"other_landmark": 0.35, "non_landmark": 0.4, "graphic": 0.25}
_DIRT_WITH_NEIGHBOR = {"neighbor": 0.5, "other_landmark": 0.18, "non_landmark": 0.2, "graphic": 0.12}
_DISTRACTOR_SPLITS = {"train": 0.22, "tune": 0.32, "test": 0.46}
_DISTRACTOR_SHARES = {"plain": 0.4, "ordinary": 0.3, "nearby": 0.18, "graphic": 0.12}
# Of train's further distractors: hard ones are collected on purpose, for nobody takes a pet for a pyramid.
_COLLECTED_SHARES = {"ordinary": 0.57, "plain": 0.2, "nearby": 0.17, "graphic": 0.06}
_REFERENCE_VIEWS = ("frontal", "far", "interior", "close", "side", "behind", "pair", "detail")
_PLAIN_VIEWS = ("frontal", "side", "close", "behind")  # that show a landmark beyond doubt


@dataclass(frozen=True)
class WorldSize:
    """How much is drawn."""

    name: str
    scale: float  # photos of a landmark, as a multiple of those at size tour
    n_distractors: int
    landmark_ids: tuple[str, ...] = tuple(CATALOG)
    n_scenes: tuple[int, int] = (20, 8)  # photos of each scene class for training, for testing
    n_more: Mapping[str, int] = field(default_factory=dict)  # split -> distractors beyond n_distractors

    def __post_init__(self):
        check_count(self.n_distractors, "n_distractors", 3)
        for split, n in self.n_more.items():
            check_choice(split, "split of n_more", ("train", "tune"))
            check_count(n, f"n_more of {split}", 0)


def world_size(size: str, n_photos: int | None = None) -> WorldSize:
    """A size by name.

    Args:
        size: tiny (about 200 photos), tour (about 3,100), or large.
        n_photos: photos in the manifest of a large world; the scene photos come on top.
    Raises:
        InputError: another name, a large world without n_photos or with fewer than 1,000, n_photos elsewhere.
    """
    check_choice(size, "size", SIZE_NAMES)
    if (n_photos is None) == (size == "large"):
        raise InputError(
            f"n_photos={n_photos!r} does not go with size={size!r}: a large world needs the number of its "
            "photos, like size='large', n_photos=100_000; tiny and tour have numbers of their own."
        )
    if size == "tiny":
        return WorldSize(size, 0.2, 66, _TINY, (2, 1))
    if size == "tour":
        return WorldSize(size, 1.0, 690, n_more={"train": 350, "tune": 260})
    advice = "Ask for more photos, or for the size tiny or tour."
    check_count(n_photos, "n_photos", MIN_LARGE, advice=advice)
    tour = sum(sum(_counts(landmark, 1.0).values()) for landmark in CATALOG.values())
    scale = 0.7 * n_photos / tour
    counted = sum(sum(_counts(landmark, scale).values()) for landmark in CATALOG.values())
    return WorldSize(size, scale, int(n_photos) - counted)


def plan(seed: int = 0, size: str = "tour", n_photos: int | None = None) -> pd.DataFrame:
    """Every photo of a world, one row each, in the order of photo_id.

    Args:
        seed: of everything drawn, a whole number >= 0.
        size, n_photos: how much, see `world_size`.
    Returns:
        photo_id, path; landmark_id (the landmark it is filed under, NON_LANDMARK for distractors and scenes),
        subject (the landmark that it really shows, or NON_LANDMARK), place (what is built to draw it), view,
        dirt (kind of wrong photo, "" if right), split ("" for scenes), scene (class, "" if none),
        is_reference, weather, season, sun_azimuth, sun_elevation (degrees), height, width (pixels), n_people,
        quality (JPEG), gps ("", right, wrong), turn (EXIF orientation, 1 or 6).
    Raises:
        InputError: a negative seed, or as `world_size`.
    """
    check_count(seed, "seed", 0)
    world = world_size(size, n_photos)
    rows: list[dict] = []
    for landmark_id in world.landmark_ids:
        rows += _landmark_rows(seed, CATALOG[landmark_id], world)
    rows += _distractor_rows(seed, world)
    rows += _scene_rows(seed, world)
    taken = [row | taking(seed, row) for row in rows]
    return pd.DataFrame(taken).sort_values("photo_id", ignore_index=True)


def _counts(landmark: CatalogLandmark, scale: float) -> dict[str, int]:
    """Photos of a landmark in each split: tune and test grow with the root of its fame at size tour."""
    fame = landmark.n_photos**0.5
    numbers = {"train": landmark.n_photos * scale, "tune": 0.7 * fame * scale, "test": 1.4 * fame * scale}
    least = {"train": 6, "tune": 1, "test": 2}
    return {split: max(least[split], round(number)) for split, number in numbers.items()}


def _landmark_rows(seed: int, landmark: CatalogLandmark, world: WorldSize) -> list[dict]:
    generator = photo_generator(seed, landmark.landmark_id, "landmark")
    rows = []
    for split, n in _counts(landmark, world.scale).items():
        dirt = landmark.dirt if split != "test" else 0.0
        wrong = _wrong_kinds(landmark, round(n * dirt), world, generator)
        views = shared_out(_possible_views(landmark, world), n - len(wrong), generator.random())
        right = [_right(landmark, view) | {"split": split} for view in views]
        if split == "train":
            _mark_references(right)
        rows += right + [_wrong(landmark, kind, world, generator) | {"split": split} for kind in wrong]
    for number, at in enumerate(generator.permutation(len(rows))):  # a number tells nothing of the truth
        photo_id = f"{landmark.landmark_id}_{number:04d}"
        path = f"landmarks/{landmark.landmark_id}/{photo_id}.jpg"
        rows[at] |= {"photo_id": photo_id, "path": path, "landmark_id": landmark.landmark_id, "scene": ""}
    return rows


def _possible_views(landmark: CatalogLandmark, world: WorldSize) -> dict[str, float]:
    """Shares of the view kinds; two landmarks in one photo only where both belong to the world."""
    shares = landmark.view_shares
    if landmark.neighbor not in world.landmark_ids:
        shares.pop("pair", None)
    return shares


def _right(landmark: CatalogLandmark, view: str) -> dict:
    place = f"interior/{landmark.landmark_id}" if view == "interior" else f"site/{landmark.site}"
    return {
        "subject": landmark.landmark_id, "place": place, "view": view, "dirt": "", "is_reference": False,
    }  # fmt: skip


def _mark_references(rows: Sequence[dict]) -> None:
    """Marks four rows, going round the view kinds: faces as different as possible first, details last."""
    waiting = {view: [row for row in rows if row["view"] == view] for view in _REFERENCE_VIEWS}
    for _ in range(REFERENCES_EACH):
        marked = {view: sum(r["is_reference"] for r in of_view) for view, of_view in waiting.items()}
        view = min((v for v in waiting if marked[v] < len(waiting[v])), key=lambda v: marked[v])
        waiting[view][marked[view]]["is_reference"] = True


def _wrong_kinds(landmark: CatalogLandmark, n: int, world: WorldSize, generator) -> list[str]:
    has_neighbor = landmark.neighbor in world.landmark_ids
    return shared_out(_DIRT_WITH_NEIGHBOR if has_neighbor else _DIRT_SHARES, n, generator.random())


def _wrong(landmark: CatalogLandmark, kind: str, world: WorldSize, generator) -> dict:
    """A photo filed under a landmark that it does not show."""
    if kind in ("neighbor", "other_landmark"):
        others = [i for i in world.landmark_ids if i not in (landmark.landmark_id, landmark.neighbor)]
        other = CATALOG[landmark.neighbor if kind == "neighbor" else others[generator.integers(len(others))]]
        views = [view for view in other.view_shares if view in _PLAIN_VIEWS]
        return _right(other, views[generator.integers(len(views))]) | {"dirt": kind}
    shares = {"graphic": 1.0} if kind == "graphic" else {"plain": 0.6, "nearby": 0.4}
    return _distractor(shared_out(shares, 1, generator.random())[0], [landmark.site], generator) | {
        "dirt": kind
    }


def _distractor(kind: str, sites: Sequence[str], generator) -> dict:
    """A photo of no landmark, see `places` for what stands behind a place."""
    number = int(generator.integers(2**31))
    if kind == "graphic":
        place = f"graphic/{number}"
    elif kind == "nearby":
        place = f"site/{sites[number % len(sites)]}"
    elif kind == "ordinary":
        place = f"ordinary/{number}"
    else:
        place = f"{PLAIN_DISTRACTORS[number % len(PLAIN_DISTRACTORS)]}/{number}"
    return {"subject": NON_LANDMARK, "place": place, "view": kind, "dirt": "", "is_reference": False}


def _distractor_rows(seed: int, world: WorldSize) -> list[dict]:
    """Distractors of every split; behind them `n_more`, which change none of the photos before."""
    generator = photo_generator(seed, NON_LANDMARK, "landmark")
    sites = sorted({CATALOG[landmark_id].site for landmark_id in world.landmark_ids})
    splits = shared_out(_DISTRACTOR_SPLITS, world.n_distractors, 0.5)
    rows = []
    for split in _DISTRACTOR_SPLITS:
        kinds = shared_out(_DISTRACTOR_SHARES, splits.count(split), generator.random())
        rows += [_distractor(kind, sites, generator) | {"split": split} for kind in kinds]
    rows = [rows[at] for at in generator.permutation(len(rows))]  # a number tells nothing of the truth
    for split, shares in (("train", _COLLECTED_SHARES), ("tune", _DISTRACTOR_SHARES)):
        more = photo_generator(seed, NON_LANDMARK, f"more of {split}")
        kinds = shared_out(shares, world.n_more.get(split, 0), more.random())
        rows += [_distractor(kind, sites, more) | {"split": split} for kind in kinds]
    for number, row in enumerate(rows):
        photo_id = f"distractor_{number:05d}"
        path = f"non_landmarks/{photo_id}.jpg"
        row |= {"photo_id": photo_id, "path": path, "landmark_id": NON_LANDMARK, "scene": ""}
    return rows


def _scene_rows(seed: int, world: WorldSize) -> list[dict]:
    rows = []
    for scene in SCENE_CLASSES:
        for part, n in zip(("train", "test"), world.n_scenes, strict=True):
            for number in range(n):
                photo_id = f"scene_{scene}_{part}_{number:04d}"
                place = f"scene/{scene}/{photo_generator(seed, photo_id, 'scene').integers(2**31)}"
                rows.append({
                    "photo_id": photo_id, "path": f"scenes/{part}/{scene}/{photo_id}.jpg",
                    "landmark_id": NON_LANDMARK, "subject": NON_LANDMARK, "place": place, "view": "scene",
                    "dirt": "", "is_reference": False, "split": "", "scene": scene,
                })  # fmt: skip
    return rows


def planned_landmarks(table: pd.DataFrame) -> tuple[str, ...]:
    """Ids of the landmarks that a plan has photos of, sorted."""
    return tuple(sorted(set(table["landmark_id"]) - {NON_LANDMARK}))
