"""What tests of offline pages share: sizes of screens, and looking at an open page."""

from pathlib import Path

DESKTOP, PHONE = {"width": 1280, "height": 860}, {"width": 390, "height": 844}


def downloaded(page, button: str, folder: Path) -> Path:
    with page.expect_download() as waiting:
        page.click(button)
    path = folder / waiting.value.suggested_filename
    waiting.value.save_as(path)
    return path


def focused(page, what: str = "textContent") -> str:
    return page.evaluate(f"document.activeElement.{what}")
