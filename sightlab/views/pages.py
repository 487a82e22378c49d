"""Pages that need nothing but a browser: templates, pictures inside them, and text that stays text.

A page is one HTML file with its styles and its script inside; it loads nothing from anywhere, says so to the
browser in its content security policy, and runs no script but its own (named by its hash). Templates escape
every value, so a file name or a line of a CSV is shown as it stands and never becomes markup.

Source: ours.
"""

from __future__ import annotations

import hashlib
import os
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import numpy as np
from jaxtyping import UInt8

from sightlab.checks import InputError
from sightlab.data.photos import open_photo
from sightlab.workspace_files import atomic_write_text, explain_full_disk

if TYPE_CHECKING:
    import jinja2

TEMPLATES = Path(__file__).with_name("templates")


def render(name: str, **values: object) -> str:
    """The HTML of one page.

    Args:
        name: of the page: NAME.html, NAME.css and NAME.js in the folder of templates; `base.css` comes first.
        values: what the template shows. Strings are escaped, wherever they come from.
    """
    from markupsafe import Markup

    style, script = (_own(f"{part}") for part in (f"{name}.css", f"{name}.js"))
    style = _own("base.css") + style
    digest = b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return _environment().get_template(f"{name}.html").render(
        **values, style=Markup(style), script=Markup(script), script_hash=digest
    )  # fmt: skip


def readable(text: object) -> str:
    """Text that can be written as UTF-8: bytes of a file name that are no text become a question mark."""
    return str(text).encode("utf-8", "replace").decode("utf-8")


def relative_link(path: Path, folder: Path) -> str:
    """A link from a page in `folder` to a file, with every odd character of its name written as %XX."""
    relative = os.path.relpath(path.absolute(), folder.absolute())
    return "/".join(quote(os.fsencode(part)) for part in Path(relative).parts)


def open_small(path: Path, long_side: int) -> UInt8[np.ndarray, "H W 3"]:
    """One photo, upright, its long side at most `long_side` pixels.

    Raises:
        UnreadablePhoto: see `open_photo`.
    """
    from PIL import Image

    photo = Image.fromarray(open_photo(path, min_side=long_side))
    photo.thumbnail((long_side, long_side), Image.Resampling.LANCZOS)
    return np.asarray(photo)


def jpeg(photo: UInt8[np.ndarray, "H W 3"], quality: int, profile: bytes = b"") -> bytes:
    """A JPEG of these pixels; nothing else of the photo (place, date, camera) is in it.

    Args:
        photo: RGB.
        quality: 1 to 95.
        profile: color profile that the pixels were made for, b"" for none.
    """
    from PIL import Image

    buffer = BytesIO()
    extra = {"icc_profile": profile} if profile else {}
    Image.fromarray(photo).save(buffer, "JPEG", quality=quality, optimize=True, progressive=True, **extra)
    return buffer.getvalue()


def data_uri(content: bytes) -> str:
    """A JPEG as a link that holds it."""
    return f"data:image/jpeg;base64,{b64encode(content).decode()}"


def write_page(path: Path, html: str) -> Path:
    """Writes a page, whole or not at all; do it after its parts, so that what is there is complete.

    Raises:
        InputError: the folder cannot be written.
    """
    with _explained(path):
        return atomic_write_text(path, html)


def write_part(path: Path, content: bytes) -> Path:
    """Writes a picture of a page, see `write_page`."""
    with _explained(path), explain_full_disk(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise InputError(
            f"expected to write {path.name} into {path.parent}; {error.strerror or error}. Choose a place "
            "that can be written, with --out."
        ) from error


@cache
def _environment() -> jinja2.Environment:
    import jinja2

    loader = jinja2.FileSystemLoader(TEMPLATES)
    return jinja2.Environment(
        loader=loader, autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )


def _own(name: str) -> str:
    """A style or script of the package."""
    return (TEMPLATES / name).read_text(encoding="utf-8")
