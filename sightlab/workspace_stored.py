"""A workspace that is only read: what is not stored is an error in words instead of an hour of work."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from sightlab.checks import InputError
from sightlab.workspace import Workspace


class NotStored(InputError):
    """A result that somebody wanted to read has not been made yet."""


class StoredWorkspace(Workspace):
    """For commands that promise to compute nothing, such as `sightlab figures`, or not to train.

    Args:
        root: of the workspace.
        steps: that have to be stored; None: all.
    """

    def __init__(self, root: Path | str, steps: Collection[str] | None = None):
        super().__init__(root)
        self._steps = steps

    def has(self, step: str, key: str) -> bool:
        """Whether the artefact is there; always True for one of the steps that have to be stored.

        Raises:
            NotStored: the artefact is not there, so the caller would now begin to make it.
        """
        if super().has(step, key):
            return True
        if self._steps is not None and step not in self._steps:
            return False
        raise NotStored(
            f"expected a stored result of step {step} for these photos and settings in {self.root}; there "
            "is none. Run first: sightlab run with the same photos, profile and workspace."
        )
