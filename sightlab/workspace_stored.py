"""A workspace that is only read: what is not stored is an error in words instead of an hour of work."""

from __future__ import annotations

from sightlab.checks import InputError
from sightlab.workspace import Workspace


class NotStored(InputError):
    """A result that somebody wanted to read has not been made yet."""


class StoredWorkspace(Workspace):
    """For commands that promise to compute nothing, such as `sightlab figures`."""

    def has(self, step: str, key: str) -> bool:
        """True.

        Raises:
            NotStored: the artefact is not there, so the caller would now begin to make it.
        """
        if super().has(step, key):
            return True
        raise NotStored(
            f"expected a stored result of step {step} for these photos and settings in {self.root}; there "
            "is none. Run first: sightlab run with the same photos, profile and workspace."
        )
