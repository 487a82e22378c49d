"""The manifest: which photos there are, what they show, and which split each belongs to.

Shapes: N photos.
`lat`, `lon` of a photo are the camera's, NaN when unknown; those of a landmark are its own.
"""

import hashlib
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from sightlab.checks import InputError, check_choice, check_columns, check_unique
from sightlab.data.validation import (
    LANDMARK_COLUMNS,
    NON_LANDMARK,
    PHOTO_COLUMNS,
    REFERENCE_COLUMNS,
    SPLITS,
    landmark_warnings,
    read_tables,
)

__all__ = ["NON_LANDMARK", "SPLITS", "Manifest"]


@dataclass(frozen=True, eq=False)
class Manifest:
    """Photos, landmarks and references of one folder; `Manifest.read` validates them."""

    root: Path
    photos: pd.DataFrame  # photo_id, path, landmark_id, landmark_name, city, country, region, lat, lon, split
    landmarks: pd.DataFrame  # landmark_id, name, city, country, region, lat, lon; sorted by landmark_id
    references: pd.DataFrame  # landmark_id, photo_id; sorted by landmark_id
    warnings: tuple[str, ...] = ()  # allowed but unwise; each says what to do

    def __post_init__(self):
        check_columns(self.photos, PHOTO_COLUMNS, "photos")
        check_columns(self.landmarks, LANDMARK_COLUMNS, "landmarks")
        check_columns(self.references, REFERENCE_COLUMNS, "references")

    @classmethod
    def read(cls, folder: Path | str) -> "Manifest":
        """The manifest of a folder that holds manifest, landmarks and references (csv or parquet) and photos.

        Columns: manifest photo_id, path (relative to the folder), landmark_id, split, and if known
        landmark_name, city, country, region, lat, lon; landmarks landmark_id, name, city, country, region,
        lat, lon; references landmark_id, photo_id. Other columns are left out. A few missing files (at most
        1 %) are no error here: `survey_photos` puts them into the ledger.

        Raises:
            InputError: no such folder, a table that cannot be read, or a list of everything that is wrong:
                repeated ids, unknown splits or landmarks, paths that leave the folder, too many missing
                files, the same photo in two splits, bad coordinates, references that are not train photos
                of their landmark, no landmark at all.
        """
        root = Path(folder)
        if not root.is_dir():
            raise InputError(
                f"expected a folder with manifest.csv, landmarks.csv and references.csv; {root} is no "
                "folder. Check the spelling."
            )
        return cls(root, *read_tables(root))

    def __len__(self) -> int:
        return len(self.photos)

    def __repr__(self) -> str:
        n = self.photos["split"].value_counts()
        splits = " / ".join(f"{split} {n.get(split, 0):,}" for split in SPLITS)
        return (
            f"Manifest: {len(self):,} photos ({self.is_landmark.sum():,} of {len(self.landmark_ids):,} "
            f"landmarks in {len(self.regions)} regions), {splits}"
        )

    @cached_property
    def key(self) -> str:
        """16 hex characters that change with any of the three tables, not with where the folder lies."""
        digest = hashlib.sha256()
        for table in (self.photos, self.landmarks, self.references):
            digest.update(table.to_csv(index=False).encode())
            digest.update(b"\0")
        return digest.hexdigest()[:16]

    @cached_property
    def landmark_ids(self) -> tuple[str, ...]:
        """Sorted ids of the landmarks that have at least one photo here."""
        return tuple(sorted(set(self.photos["landmark_id"]) - {NON_LANDMARK}))

    @cached_property
    def regions(self) -> tuple[str, ...]:
        """Regions of the landmarks that have photos here, the one with fewest train photos first."""
        photos = self.photos[self.is_landmark]
        n_train = photos["region"][photos["split"] == "train"].value_counts()
        return tuple(sorted(set(photos["region"]), key=lambda region: (n_train.get(region, 0), region)))

    @property
    def is_landmark(self) -> np.ndarray:
        """(N,) bool, False for photos of no landmark."""
        return (self.photos["landmark_id"] != NON_LANDMARK).to_numpy(dtype=bool)

    def paths(self) -> list[Path]:
        """Absolute path of every photo, in the order of the table."""
        return list(self._absolute)

    @cached_property
    def _absolute(self) -> tuple[Path, ...]:
        root = self.root.absolute()
        return tuple(root / path for path in self.photos["path"])

    def select(self, mask: np.ndarray) -> "Manifest":
        """The manifest of some photos; landmarks and references stay as they are.

        Args:
            mask: (N,) bool, True for photos to keep.
        """
        keep = np.asarray(mask)
        if keep.dtype != bool or keep.shape != (len(self),):
            raise InputError(
                f"mask must be one bool for each of the {len(self):,} photos; got {keep.dtype} of shape "
                f"{keep.shape}. Write it as a comparison, like manifest.photos['city'] == 'Bruges'."
            )
        return replace(self, photos=self.photos[keep].reset_index(drop=True))

    def split(self, name: str) -> "Manifest":
        """The photos of one split: train, tune or test."""
        check_choice(name, "split", SPLITS)
        return self.select((self.photos["split"] == name).to_numpy(dtype=bool))

    def with_photo_facts(self, survey: pd.DataFrame) -> "Manifest":
        """The manifest without unusable photos, with EXIF positions where the table had none.

        Args:
            survey: what `survey_photos` found of (at least) these photos.
        Returns:
            Photos whose problem is "" only; references that were lost with the others become a warning.
        Raises:
            InputError: a photo that the survey does not know, or none that can be used.
        """
        check_columns(survey, ("photo_id", "lat", "lon", "problem"), "survey")
        check_unique(survey["photo_id"], "photo_id of the survey")
        facts = survey.set_index("photo_id").reindex(self.photos["photo_id"])
        is_unknown = facts["problem"].isna().to_numpy()
        if is_unknown.any():
            first = self.photos["photo_id"][is_unknown].iloc[0]
            raise InputError(
                f"the survey must know every photo; {is_unknown.sum():,} of {len(self):,} are not in it, "
                f"first {first!r}. Run survey_photos on this manifest."
            )
        is_usable = (facts["problem"] == "").to_numpy(dtype=bool)
        if not is_usable.any():
            raise InputError(
                f"expected photos that can be read; all {len(self):,} in {self.root} have a problem, first: "
                f"{facts['problem'].iloc[0] if len(facts) else 'no photo at all'}. Check the folder."
            )
        photos = self.photos.copy()
        is_filled = (photos["lat"].isna() | photos["lon"].isna()).to_numpy(dtype=bool)
        for column in ("lat", "lon"):
            photos[column] = np.where(is_filled, facts[column].to_numpy(), photos[column].to_numpy())
        lost = set(photos["photo_id"][~is_usable])
        return self._without(replace(self, photos=photos).select(is_usable), lost)

    def _without(self, rest: "Manifest", lost: set[str]) -> "Manifest":
        is_lost = rest.references["photo_id"].isin(lost)
        references = rest.references[~is_lost].reset_index(drop=True)
        old = landmark_warnings(self.photos, self.references, self.landmarks)
        warnings = [warning for warning in self.warnings if warning not in old]
        if is_lost.any():
            first = rest.references["photo_id"][is_lost].iloc[0]
            warnings.append(
                f"{is_lost.sum():,} reference(s) are unreadable and were left out, first {first}. Add others."
            )
        new = landmark_warnings(rest.photos, references, rest.landmarks)
        return replace(rest, references=references, warnings=(*new, *warnings))
