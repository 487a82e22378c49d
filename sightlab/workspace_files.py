"""Files that are whole or absent: written beside their place, flushed to the disk, then renamed."""

import errno
import os
import re
import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pandas as pd

from sightlab.checks import InputError

TEMPORARY = ".tmp"
# Libraries that lose the error number; the second is what numpy.save says when the disk is full.
_held: dict[Path, int] = {}  # lock file -> descriptor
_FULL_IN_WORDS = re.compile(r"No space left on device|^\d+ requested and \d+ written$")


def temporary_name(path: Path) -> Path:
    """A hidden name beside `path` with the number of its process, so that leftovers are known."""
    return path.with_name(f".{path.name}.{os.getpid()}.{uuid.uuid4().hex[:8]}{TEMPORARY}")


def atomic_write_bytes(path: Path | str, data: bytes) -> Path:
    """Write a file so that a reader sees the old content or the new one, never a part."""
    return _atomic_write(Path(path), lambda temporary: temporary.write_bytes(data))


def atomic_write_text(path: Path | str, data: str) -> Path:
    """As `atomic_write_bytes`, for text: UTF-8, line ends as given."""
    return atomic_write_bytes(path, data.encode())


def save_table(path: Path | str, df: pd.DataFrame) -> Path:
    """Write a table as parquet, whole or not at all; `attrs` are not kept."""
    bare = df.copy(deep=False)
    bare.attrs = {}
    return _atomic_write(Path(path), bare.to_parquet)


def load_table(path: Path | str) -> pd.DataFrame:
    """A table that `save_table` wrote.

    Raises:
        InputError: no such file, or not a parquet table.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"expected a table at {path}; there is none. Run the step that writes it.")
    try:
        return pd.read_parquet(path)
    except (OSError, ValueError) as error:  # pyarrow's errors are of these kinds
        raise InputError(f"{path} must be a parquet table; {error}. Delete it and run again.") from error


def _atomic_write(path: Path, write: Callable[[Path], object]) -> Path:
    temporary = temporary_name(path)
    with explain_full_disk(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            write(temporary)
            sync_file(temporary)
            os.replace(temporary, path)
        except BaseException:  # Ctrl-C too
            temporary.unlink(missing_ok=True)
            raise
        sync_folder(path.parent)
    return path


def sync_file(path: Path) -> None:
    """Wait until a file's content is on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_folder(folder: Path) -> None:
    """Wait until a folder's names are on the disk; systems that cannot do it are excused."""
    try:
        sync_file(folder)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.EACCES, errno.EPERM, errno.ENOTSUP):
            raise


def sync_tree(folder: Path) -> None:
    """Wait until everything below a folder is on the disk."""
    for parent, _, names in os.walk(folder):
        for name in names:
            sync_file(Path(parent, name))
        sync_folder(Path(parent))


def delete_tree(folder: Path) -> None:
    """Delete a folder and what is in it, for a reader all at once; one that is already gone is no error."""
    gone = folder
    if folder.suffix != TEMPORARY:
        with suppress(OSError):  # it is gone already
            gone = folder.rename(temporary_name(folder))  # a kill now leaves a leftover, not half a folder
    shutil.rmtree(gone, ignore_errors=True)


def delete_leftovers(folder: Path) -> None:
    """Delete the temporary files and folders, directly in `folder`, of processes that no longer run."""
    for path in folder.glob(f".*{TEMPORARY}"):
        pid = path.name.split(".")[-3]
        if pid.isdigit() and not is_running(int(pid)):
            if path.is_dir():
                delete_tree(path)
            else:
                path.unlink(missing_ok=True)


def hold(lock: Path) -> bool:
    """Take a lock file for this process, until `release` or its end, however it ends.

    Returns:
        False if another process holds it. True again for the process that has it.
    """
    import fcntl

    while lock not in _held:
        descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return False
        if _is_file_of(descriptor, lock):
            _held[lock] = descriptor
        else:  # its last owner has just deleted it: what we hold has no name any more
            os.close(descriptor)
    return True


def _is_file_of(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False


def release(lock: Path) -> None:
    """Give a lock back that `hold` took; one that this process does not hold is no error."""
    if lock in _held:
        lock.unlink(missing_ok=True)
        os.close(_held.pop(lock))


def is_running(pid: int) -> bool:
    """Whether a process with this number runs on this machine."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True  # somebody else's
    return True


@contextmanager
def explain_full_disk(path: Path) -> Iterator[None]:
    """Turn "no space left on device" into words: how much is free there, and what to do."""
    try:
        yield
    except Exception as error:
        if isinstance(error, InputError) or not _is_full_disk(error):
            raise
        around = [parent for parent in path.absolute().parents if parent.suffix != TEMPORARY]
        existing = next(parent for parent in around if parent.exists())
        free = shutil.disk_usage(existing).free / 2**20
        raise InputError(
            f"the disk is full: writing {path.name} needs more than the {free:,.0f} MiB free at {existing}. "
            "Nothing half-written was kept and everything finished is still there. Free some space, or give "
            "another workspace, and run again: it continues from there."
        ) from error


def _is_full_disk(error: BaseException | None) -> bool:
    full = (errno.ENOSPC, errno.EDQUOT)
    while error is not None:
        if isinstance(error, OSError) and error.errno in full:
            return True
        if _FULL_IN_WORDS.search(str(error)):
            return True
        error = error.__cause__ or error.__context__
    return False
