"""The survey: every photo looked at once, and the ledger of those that cannot be used.

Threads, not processes: Pillow decodes outside Python's global lock, a thread starts at once, and after Ctrl-C
nothing is left running.
"""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pandas as pd

from sightlab.checks import InputError, check_columns, check_count
from sightlab.data.decoding import photo_facts
from sightlab.data.manifest import Manifest

SURVEY_COLUMNS = ("photo_id", "path", "width", "height", "lat", "lon", "bytes", "problem")
_BLOCK = 4096


def changed_files(before: Sequence[Sequence], now: Sequence[Sequence]) -> str:
    """What became of the files of a folder, in words; "" if nothing did, or if it is another folder.

    Args:
        before, now: [photo_id, bytes] of every photo; below 0 bytes: the file is not there.
    """
    old, new = ({name: size for name, size in files if size >= 0} for files in (before, now))
    if not old.keys() & new.keys():
        return ""
    found = {
        "gone": [name for name in old if name not in new],
        "exchanged": [name for name in old if name in new and old[name] != new[name]],
        "new": [name for name in new if name not in old],
    }
    parts = [
        f"{len(names):,} {kind} ({', '.join(map(repr, names[:3]))}{', ...' if len(names) > 3 else ''})"
        for kind, names in found.items()
        if names
    ]
    return f"photos since the last run: {'; '.join(parts)}" if parts else ""


def survey_photos(
    photos: Manifest | Sequence[Path | str], workers: int = 2, progress: bool = True
) -> pd.DataFrame:
    """Size, camera position and problem of every photo; each is decoded once, so truncation is found.

    Args:
        photos: a manifest, or paths (then the path itself is the photo_id).
        workers: threads that decode.
        progress: show a bar with the time left.
    Returns:
        One row per photo, in the order given: photo_id, path, width and height after the EXIF turn (0 if
        unknown), lat, lon (degrees, NaN if unknown), bytes, problem ("" if fine).
    """
    check_count(workers, "workers")
    names, paths = named_photos(photos)
    return survey_table(names, _all_facts(paths, workers, progress))


def named_photos(photos: Manifest | Sequence[Path | str]) -> tuple[pd.DataFrame, list[Path]]:
    """photo_id, path of each photo, and its file."""
    if isinstance(photos, Manifest):
        return photos.photos[["photo_id", "path"]].reset_index(drop=True), photos.paths()
    paths = [Path(path) for path in photos]
    shown = [str(path) for path in paths]
    return pd.DataFrame({"photo_id": shown, "path": shown}, dtype=str), paths


def survey_table(names: pd.DataFrame, facts: Sequence[dict]) -> pd.DataFrame:
    """What `survey_photos` returns.

    Args:
        names: photo_id, path.
        facts: of the same photos, from `photo_facts`.
    """
    names = names.reset_index(drop=True)
    facts = pd.DataFrame(facts, columns=list(SURVEY_COLUMNS[2:]))
    kinds = {"width": "int64", "height": "int64", "lat": "float64", "lon": "float64", "bytes": "int64"}
    return pd.concat([names, facts.astype(kinds | {"problem": str})], axis=1)


def _all_facts(paths: list[Path], workers: int, progress: bool) -> list[dict]:
    from tqdm import tqdm

    facts = []
    bar = tqdm(desc="survey", total=len(paths), unit="photo", disable=not progress, delay=2, mininterval=1)
    pool = ThreadPoolExecutor(workers, thread_name_prefix="survey")
    try:
        for start in range(0, len(paths), _BLOCK):  # millions of waiting tasks would weigh gigabytes
            for found in pool.map(photo_facts, paths[start : start + _BLOCK]):
                facts.append(found)
                bar.update()
    finally:  # after Ctrl-C too: finish the photo at hand, drop the others
        pool.shutdown(cancel_futures=True)
        bar.close()
    return facts


def photo_problems(survey: pd.DataFrame) -> pd.DataFrame:
    """The ledger: photo_id, path, problem of every photo that cannot be used; empty if all are fine."""
    check_columns(survey, ("photo_id", "path", "problem"), "survey")
    is_bad = survey["problem"] != ""
    return survey.loc[is_bad, ["photo_id", "path", "problem"]].reset_index(drop=True)


def find_photos(paths: Sequence[Path | str]) -> list[Path]:
    """Every file under the given files and folders, each once, in the order given, folders sorted.

    Junk is listed too, because every file gets an answer. Hidden files and folders are skipped unless named
    themselves. Links to folders are not followed.

    Raises:
        InputError: a path that does not exist, or a folder that may not be read.
    """
    if isinstance(paths, (str, Path)):
        paths = [paths]
    found: dict[Path, None] = {}
    for path in map(Path, paths):
        if not path.exists():
            raise InputError(
                f"expected a photo or a folder of photos; {str(path)!r} does not exist. Check the spelling."
            )
        found.update(dict.fromkeys(_files_under(path) if path.is_dir() else [path]))
    return list(found)


def _files_under(folder: Path) -> list[Path]:
    def refuse(error: OSError) -> None:
        raise InputError(
            f"the folder {error.filename!r} cannot be read: {error.strerror}. Change its permissions."
        )

    files = []
    for parent, folders, names in os.walk(folder, onerror=refuse):
        folders[:] = [name for name in folders if not name.startswith(".")]
        files += [Path(parent, name) for name in names if not name.startswith(".")]
    return sorted(files)


def database_numbers(manifest: Manifest, n_unusable: int) -> dict[str, float]:
    """Flat facts of a database: counts, the share of photos with coordinates, train photos of a landmark.

    Args:
        manifest: usable photos.
        n_unusable: photos in the ledger.
    Returns:
        n_photos, n_landmarks, n_regions, n_unusable, share_with_coordinates [0, 1], median_train_photos (of
        the landmarks that have any, before cleaning).
    """
    photos = manifest.photos
    is_taught = (photos["split"] == "train") & manifest.is_landmark
    return {
        "n_photos": len(photos),
        "n_landmarks": len(manifest.landmark_ids),
        "n_regions": len(manifest.regions),
        "n_unusable": n_unusable,
        "share_with_coordinates": photos["lat"].notna().mean(),
        "median_train_photos": photos.loc[is_taught, "landmark_id"].value_counts().median(),
    }
