"""Tiny notebooks written by the tests: one parameters cell, then the cells given."""

from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

PARAMETERS = 'PROFILE = "tour"\nPHOTOS = "photos"\nWORKSPACE = "workspace"'


def write_notebook(folder: Path, name: str, *cells: str, kernel: str = "python3") -> Path:
    """A notebook that papermill can run; its kernel is named `kernel`."""
    head = [
        new_markdown_cell(f"# {name}: does it run?"),
        new_code_cell(PARAMETERS, metadata={"tags": ["parameters"]}),
    ]
    kernelspec = {"name": kernel, "display_name": kernel, "language": "python"}
    notebook = new_notebook(cells=[*head, *map(new_code_cell, cells)], metadata={"kernelspec": kernelspec})
    path = folder / f"{name}.ipynb"
    folder.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, path)
    return path
