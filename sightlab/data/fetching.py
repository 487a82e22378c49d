"""Fetching: large files of public datasets, continued where a connection broke, checked, and never unasked.

Downloads go over https only (this machine's own loopback address is excepted, for tests).
"""

from __future__ import annotations

import re
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tqdm import tqdm

from sightlab.checks import InputError, check_choice, check_count
from sightlab.data.sources_gldv2 import photo_path
from sightlab.workspace import explain_full_disk

if TYPE_CHECKING:
    import requests

GLDV2 = "https://s3.amazonaws.com/google-landmark"
GLDV2_PARTS = {"train": 500, "test": 20}  # archives of about 1 GB (train) and 0.5 GB each
GLDV2_TABLES = (
    "train.csv",
    "train_clean.csv",
    "train_attribution.csv",
    "train_label_to_category.csv",
    "recognition_solution_v2.1.csv",
)
_LOOPBACK = ("127.0.0.1", "::1", "localhost")
_BLOCK = 1 << 14  # bytes read and written at once, and lost at most when a connection breaks
_SPARE = 200 << 20  # bytes that stay free on the disk
_MAX_PHOTO = 200 << 20  # bytes of a photo in an archive; a sparse file of a few bytes may claim any size


@dataclass(frozen=True)
class FetchConfig:
    attempts: int = 5  # broken connections in a row without one new byte, before giving up
    pause: float = 2.0  # seconds before the second attempt; doubled for each further one
    timeout: float = 60.0  # seconds without an answer, or without a byte of it
    max_bytes: int = 20 << 30  # a file that is longer is refused; the largest of GLDv2 has 1 GB
    progress: bool = True

    def __post_init__(self):
        check_count(self.attempts, "attempts")
        check_count(self.max_bytes, "max_bytes")


class ResumingDownloader:
    """A downloader for pooch: keeps what came before a connection broke, and asks for the rest only.

    The unfinished file stays beside its place as NAME.part, so that the next call goes on; pooch compares
    the checksum of the whole at the end.
    """

    def __init__(self, target: Path, config: FetchConfig):
        self.part = target.with_name(f"{target.name}.part")
        self.config = config

    def __call__(self, url: str, output_file: str, _pooch: object = None) -> None:
        import requests

        failures, size = 0, self._size()
        with _session() as session:
            while True:
                try:
                    self._go_on(session, url)
                    break
                except requests.exceptions.RequestException as error:
                    failures = 1 if self._size() > size else failures + 1
                    size = self._size()
                    if failures >= self.config.attempts or not _is_passing(error):
                        raise InputError(
                            f"{url} could not be fetched whole: {_in_words(error)}. {size:,} bytes are kept "
                            f"in {self.part}; give the same command again to go on from there."
                        ) from error
                    time.sleep(self.config.pause * 2 ** (failures - 1))
        shutil.move(self.part, output_file)

    def _size(self) -> int:
        return self.part.stat().st_size if self.part.is_file() else 0

    def _go_on(self, session: requests.Session, url: str) -> None:
        """Reads the rest of the file; a server that cannot give a rest gives all of it."""
        have = self._size()
        headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={have}-"} if have else {})
        with session.get(url, headers=headers, stream=True, timeout=self.config.timeout) as answer:
            if have and answer.status_code == 416:  # nothing behind our last byte: it was whole already
                return
            answer.raise_for_status()
            is_rest = answer.status_code == 206 and f"bytes {have}-" in answer.headers.get(
                "Content-Range", ""
            )
            have = have if is_rest else 0
            length = have + int(answer.headers.get("Content-Length") or 0)
            self._check_room(url, length - have, length)
            with (
                self.part.open("ab" if is_rest else "wb") as file,
                tqdm(
                    desc=self.part.stem,
                    total=length or None,
                    initial=have,
                    unit="B",
                    unit_scale=True,
                    disable=not self.config.progress,
                ) as bar,
            ):
                for block in answer.iter_content(_BLOCK):
                    if file.tell() + len(block) > self.config.max_bytes:
                        self._refuse_size(url, file.tell() + len(block))
                    file.write(block)
                    bar.update(len(block))

    def _check_room(self, url: str, coming: int, length: int) -> None:
        if length > self.config.max_bytes:
            self._refuse_size(url, length)
        free = shutil.disk_usage(self.part.parent).free
        if coming + _SPARE > free:
            raise InputError(
                f"{url} needs {coming / 2**20:,.0f} MiB and {_SPARE >> 20} MiB to spare; "
                f"{free / 2**20:,.0f} MiB are free at {self.part.parent}. Make room, or give a folder on "
                "another disk."
            )

    def _refuse_size(self, url: str, size: int) -> None:
        raise InputError(
            f"{url} must have at most {self.config.max_bytes:,} bytes; it has {size:,} or more. Look what "
            "it is before you allow more."
        )


def _session() -> requests.Session:
    import requests
    from requests.adapters import HTTPAdapter

    class HttpsOnly(HTTPAdapter):
        """Asked for every request, those that a server redirects to as well."""

        def send(self, request, **options):
            refuse_unsafe(request.url)
            return super().send(request, **options)

    session = requests.Session()
    session.mount("http://", HttpsOnly())
    session.mount("https://", HttpsOnly())
    return session


def refuse_unsafe(url: str) -> None:
    """Raises InputError for an address that is neither https nor this machine's own loopback."""
    parts = urlsplit(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        raise InputError(f"expected an address over https; got {url}. Anybody between could change the file.")


def _is_passing(error: requests.exceptions.RequestException) -> bool:
    """Whether it may go better next time: a broken connection or a busy server, not "not found"."""
    return error.response is None or error.response.status_code >= 500 or error.response.status_code == 429


def _in_words(error: Exception) -> str:
    return " ".join(str(error).split())[:200]


def fetch(
    url: str,
    target: Path,
    checksum: str | None,
    config: FetchConfig = FetchConfig(),
) -> Path:
    """A file from the web, whole and with the right checksum; one that is there already is only checked.

    Args:
        url: https.
        target: where it goes; its folder is created.
        checksum: "md5:..." or "sha256:..."; None if nobody publishes one (then an unfinished file of an
            earlier call is not continued: the two halves might be of two versions).
    Raises:
        InputError: no connection, a wrong checksum (nothing is kept then), no space, not https.
    """
    import pooch

    refuse_unsafe(url)
    target = Path(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    downloader = ResumingDownloader(target, config)
    if checksum is None:
        downloader.part.unlink(missing_ok=True)
    pooch.get_logger().setLevel("WARNING")
    try:
        with explain_full_disk(target):
            pooch.retrieve(url, checksum, fname=target.name, path=target.parent, downloader=downloader)
    except InputError:
        raise
    except ValueError as error:  # of pooch: the checksum
        raise InputError(
            f"{url} is not the file that was published: {_in_words(error)}. Nothing was kept; try again, and "
            "if it happens twice, ask those who offer it."
        ) from None
    return target


def fetch_gldv2(
    folder: Path | str,
    parts: list[int],
    split: str = "train",
    tables: bool = True,
    base: str = GLDV2,
    config: FetchConfig = FetchConfig(),
) -> int:
    """Tables and some archives of Google Landmarks v2, unpacked into the layout that `gldv2` reads.

    A part that is complete is not fetched again; its archive is deleted once it is unpacked.

    Args:
        folder: where the dataset goes; photos into `train` or `test`, tables into `metadata`.
        parts: numbers of archives; of train 0 to 499, of test 0 to 19.
        tables: whether to fetch the tables that are not there yet.
        base: address of the dataset.
    Returns:
        Photos unpacked now.
    Raises:
        InputError: no such part, or see `fetch`.
    """
    check_choice(split, "split", tuple(GLDV2_PARTS))
    for part in parts:
        if not 0 <= part < GLDV2_PARTS[split]:
            raise InputError(f"part {part} of {split} does not exist. Give 0 to {GLDV2_PARTS[split] - 1}.")
    folder, n_photos = Path(folder), 0
    for name in GLDV2_TABLES if tables else ():
        if not (folder / "metadata" / name).is_file():
            fetch(f"{base}/metadata/{name}", folder / "metadata" / name, None, config)
    for part in parts:
        name = f"images_{part:03d}"
        done = folder / split / f".{name}.done"
        if done.is_file():
            continue
        checksum = _published_md5(
            f"{base}/md5sum/{split}/md5.{name}.txt", folder / f"md5.{split}.{name}.txt", config
        )
        archive = fetch(f"{base}/{split}/{name}.tar", folder / f"{split}_{name}.tar", checksum, config)
        n_photos += unpack_photos(archive, folder / split)
        done.touch()
        archive.unlink()
    return n_photos


def _published_md5(url: str, place: Path, config: FetchConfig) -> str:
    place.unlink(missing_ok=True)
    words = fetch(url, place, None, config).read_text(encoding="utf-8", errors="replace")
    place.unlink()
    found = re.match(r"([0-9a-f]{32})\b", words)
    if not found:
        raise InputError(f"{url} must begin with an MD5 sum of 32 hex digits; it says {words[:60]!r}.")
    return f"md5:{found[1]}"


def unpack_photos(archive: Path, folder: Path) -> int:
    """Photos of an archive of Google Landmarks v2, put where their *names* say; returns how many.

    No path of the archive is followed: a file must be called <16 hex digits>.jpg, and everything else in it
    (links, devices, other names, more than 200 MB) is left out.

    Raises:
        InputError: no tar archive, or no space for what it says it holds.
    """
    import tarfile

    n_photos = 0
    try:
        with tarfile.open(archive, "r:") as tar, explain_full_disk(folder / "photos"):
            for member in tar:
                name = member.name.rpartition("/")[2]
                is_photo = member.isfile() and re.fullmatch(r"[0-9a-f]{16}\.jpg", name)
                if not is_photo or member.size > _MAX_PHOTO:
                    continue
                place = folder / photo_path(name.removesuffix(".jpg"))
                place.parent.mkdir(parents=True, exist_ok=True)
                unfinished = place.with_suffix(".unfinished")
                with tar.extractfile(member) as source, unfinished.open("wb") as file:
                    shutil.copyfileobj(source, file)
                unfinished.replace(place)
                n_photos += 1
    except (tarfile.TarError, EOFError) as error:
        raise InputError(f"{archive} must be a tar archive; {error}. Delete it and fetch it again.") from None
    return n_photos
