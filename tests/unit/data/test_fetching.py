"""Downloads from a server on this machine that behaves badly in every way it can."""

import hashlib
import io
import re
import tarfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from sightlab.checks import InputError
from sightlab.data import fetching
from sightlab.data.fetching import (
    FetchConfig,
    ResumingDownloader,
    fetch,
    fetch_gldv2,
    refuse_unsafe,
    unpack_photos,
)

CONTENT = bytes(range(256)) * 1200  # 307,200 bytes
MD5 = f"md5:{hashlib.md5(CONTENT).hexdigest()}"
QUICK = FetchConfig(attempts=3, pause=0.0, timeout=10, progress=False)


class Misbehaving(BaseHTTPRequestHandler):
    """Serves `server.files`; `server.fault` says how badly, `server.asked` what was asked of it."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        server = self.server
        server.asked.append((self.path, self.headers.get("Range")))
        fault = server.fault if self.path.endswith((".bin", ".tar")) else ""
        data = server.files.get(self.path)
        if fault == "busy" and len(server.asked) == 1:
            return self._say(503, b"")
        if fault == "to http":
            return self._say(302, b"", Location="http://example.org/file.bin")
        if data is None:
            return self._say(404, b"")
        start = int((re.match(r"bytes=(\d+)-", self.headers.get("Range") or "") or [0, 0])[1])
        if start and fault != "no ranges":
            if start >= len(data):
                return self._say(416, b"")
            return self._say(
                206, data[start:], **{"Content-Range": f"bytes {start}-{len(data) - 1}/{len(data)}"}
            )
        return self._say(200, data)

    def _say(self, status, data, **headers):
        fault, length = self.server.fault, len(data)
        if status < 300 and fault == "says too much":
            length += 1000
        if status < 300 and fault == "says too little":
            length -= 1000
        if fault == "says a terabyte":
            length = 10**12
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if fault == "says nothing":
            self.close_connection = True
        else:
            self.send_header("Content-Length", str(length))
        self.end_headers()
        if fault == "drops" and status < 300:
            data = data[: self.server.drops_after]
        self.wfile.write(data[: max(length, 0)])
        if len(data) != length:
            self.close_connection = True

    def log_message(self, *_):
        pass


@pytest.fixture
def server():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Misbehaving)
    server.files, server.fault, server.asked, server.drops_after = {"/file.bin": CONTENT}, "", [], 100_000
    server.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def fetched(server, tmp_path, checksum=MD5, config=QUICK):
    return fetch(f"{server.url}/file.bin", tmp_path / "file.bin", checksum, config)


@pytest.mark.parametrize("fault", ["", "drops", "busy", "says nothing", "no ranges"])
def test_a_file_comes_whole_in_the_end(server, tmp_path, fault):
    server.fault = fault
    assert fetched(server, tmp_path).read_bytes() == CONTENT
    assert [path.name for path in tmp_path.iterdir()] == ["file.bin"]


def test_after_a_dropped_connection_only_the_rest_is_asked_for(server, tmp_path):
    server.fault = "drops"
    fetched(server, tmp_path)
    # 307,200 bytes in answers of 100,000, of each the 6 whole blocks of 16,384 kept: 98,304; the last answer
    # has 12,288 left and is not cut
    asked = [words for _, words in server.asked]
    assert asked == [None, "bytes=98304-", "bytes=196608-", "bytes=294912-"]


def test_a_later_call_goes_on_where_an_earlier_one_gave_up(server, tmp_path):
    server.fault, server.drops_after = "drops", 0
    (tmp_path / "file.bin.part").write_bytes(CONTENT[:50_000])
    with pytest.raises(InputError, match=r"could not be fetched whole: .*50,000 bytes are kept"):
        fetched(server, tmp_path)
    assert len(server.asked) == 3  # attempts without a new byte
    server.fault = ""
    assert fetched(server, tmp_path).read_bytes() == CONTENT
    assert server.asked[-1] == ("/file.bin", "bytes=50000-")


def test_a_part_that_is_whole_already_is_only_checked(server, tmp_path):
    (tmp_path / "file.bin.part").write_bytes(CONTENT)
    assert fetched(server, tmp_path).read_bytes() == CONTENT


def test_without_a_checksum_nothing_older_is_continued(server, tmp_path):
    (tmp_path / "file.bin.part").write_bytes(b"of another version")
    assert fetched(server, tmp_path, checksum=None).read_bytes() == CONTENT


@pytest.mark.parametrize("fault", ["", "says too little"])
def test_a_wrong_checksum_keeps_nothing(server, tmp_path, fault):
    server.fault = fault
    with pytest.raises(InputError, match="not the file that was published"):
        fetched(server, tmp_path, checksum="md5:" + "0" * 32 if not fault else MD5)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ("says too much", "could not be fetched whole"),
        ("says a terabyte", "must have at most"),
        ("to http", "over https"),
    ],
)
def test_a_server_that_lies_is_refused(server, tmp_path, fault, told):
    server.fault = fault
    with pytest.raises(InputError, match=told):
        fetched(server, tmp_path)
    assert not (tmp_path / "file.bin").exists()


def test_an_answer_without_end_is_cut_at_the_limit(server, tmp_path):
    server.fault = "says nothing"
    with pytest.raises(InputError, match="at most 1,000 bytes"):
        fetched(server, tmp_path, config=FetchConfig(1, 0.0, 10, max_bytes=1000, progress=False))


def test_what_is_not_there_is_not_asked_for_again(server, tmp_path):
    with pytest.raises(InputError, match="404"):
        fetch(f"{server.url}/other.bin", tmp_path / "other.bin", MD5, QUICK)
    assert len(server.asked) == 1


def test_a_full_disk_is_said_before_anything_is_written(server, tmp_path, monkeypatch):
    monkeypatch.setattr(fetching.shutil, "disk_usage", lambda _: type("Usage", (), {"free": 1 << 20}))
    with pytest.raises(InputError, match=r"needs 0 MiB and 200 MiB to spare; 1 MiB are free"):
        fetched(server, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_there_is_checked_and_not_fetched(server, tmp_path):
    (tmp_path / "file.bin").write_bytes(CONTENT)
    fetched(server, tmp_path)
    assert server.asked == []


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/a",
        "ftp://example.org/a",
        "file:///etc/passwd",
        "http://127.0.0.1:80@example.org/a",
        "http://127.0.0.1.example.org/a",
        "/etc/passwd",
    ],
)
def test_only_https_is_let_through(url, tmp_path):
    with pytest.raises(InputError, match="over https"):
        fetch(url, tmp_path / "a", None, QUICK)
    refuse_unsafe("https://example.org/a")


def test_impossible_settings_are_refused():
    with pytest.raises(InputError, match="attempts=0"):
        FetchConfig(attempts=0)
    assert ResumingDownloader(fetching.Path("a/b.tar"), QUICK).part.name == "b.tar.part"


# --- Google Landmarks v2


def archive(**members) -> bytes:
    """A tar of name=content; a content that is a str is a link to it."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as tar:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            if isinstance(content, str):
                info.type, info.linkname = tarfile.SYMTYPE, content
                tar.addfile(info)
            else:
                info.size = len(content)
                tar.addfile(info, io.BytesIO(content))
    return file.getvalue()


GOOD = {"0/1/2/0123456789abcdef.jpg": b"one" * 40_000, "f/f/f/ffffffffffffffff.jpg": b"two"}


def offer(server, data, part="000", md5=None):
    server.files[f"/train/images_{part}.tar"] = data
    md5 = md5 or hashlib.md5(data).hexdigest()
    server.files[f"/md5sum/train/md5.images_{part}.txt"] = f"{md5}  images_{part}.tar\n".encode()
    for name in fetching.GLDV2_TABLES:
        server.files[f"/metadata/{name}"] = name.encode()


def test_a_part_of_the_dataset_is_fetched_checked_and_unpacked_once(server, tmp_path):
    offer(server, archive(**GOOD))
    server.fault, server.drops_after = "drops", 50_000
    assert fetch_gldv2(tmp_path, [0], base=server.url, config=QUICK) == 2
    assert (tmp_path / "train/0/1/2/0123456789abcdef.jpg").read_bytes() == b"one" * 40_000
    names = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()}
    assert names == {f"train/{name}" for name in GOOD} | {"train/.images_000.done"} | {
        f"metadata/{name}" for name in fetching.GLDV2_TABLES}  # fmt: skip
    n_asked = len(server.asked)
    assert fetch_gldv2(tmp_path, [0], base=server.url, config=QUICK) == 0
    assert len(server.asked) == n_asked


def test_an_archive_with_a_wrong_sum_is_not_unpacked(server, tmp_path):
    offer(server, archive(**GOOD), md5="0" * 32)
    with pytest.raises(InputError, match="not the file that was published"):
        fetch_gldv2(tmp_path, [0], tables=False, base=server.url, config=QUICK)
    assert not (tmp_path / "train").exists()
    offer(server, archive(**GOOD), md5="<html>")
    with pytest.raises(InputError, match="must begin with an MD5 sum"):
        fetch_gldv2(tmp_path, [0], tables=False, base=server.url, config=QUICK)


def test_nothing_in_an_archive_leads_out_of_the_folder(tmp_path):
    bad = {
        "../../0123456789abcdee.jpg": b"goes to its own place",
        "/etc/passwd": b"no",
        "../outside.jpg": b"no",
        "0/1/2/0123456789abcde0.jpg": "/etc/passwd",
        "run.sh": b"no",
    }
    (tmp_path / "a.tar").write_bytes(archive(**GOOD, **bad))
    assert unpack_photos(tmp_path / "a.tar", tmp_path / "photos") == 3
    names = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if not path.is_dir()}
    assert names == {"a.tar", "photos/0/1/2/0123456789abcdee.jpg", *(f"photos/{name}" for name in GOOD)}


@pytest.mark.parametrize("data", [b"", b"no archive" * 100, archive(**GOOD)[:700]])
def test_an_archive_that_is_none_is_refused(tmp_path, data):
    (tmp_path / "a.tar").write_bytes(data)
    with pytest.raises(InputError, match="must be a tar archive"):
        unpack_photos(tmp_path / "a.tar", tmp_path / "photos")


@pytest.mark.parametrize(("part", "split"), [(500, "train"), (-1, "train"), (20, "test")])
def test_a_part_that_does_not_exist_is_refused(tmp_path, part, split):
    with pytest.raises(InputError, match=f"part {part} of {split} does not exist"):
        fetch_gldv2(tmp_path, [part], split)
