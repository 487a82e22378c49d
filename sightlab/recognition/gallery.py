"""The gallery: all centroids of all landmarks, and how they are kept on disk.

Shapes: K centroids, D embedding size.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from jaxtyping import Float

from sightlab.checks import InputError, check_columns, check_unit_rows


@dataclass(frozen=True, eq=False)
class CentroidGallery:
    """All centroids of all landmarks, sorted by landmark, then most photographed view first.

    `table` has one row per centroid: centroid (row of `vectors`), landmark_id, view (0 = most photographed),
    n_photos, medoid_photo_id (the photo nearest to the centroid), radius (largest distance of a photo of
    the view to the centroid), diameter (largest distance of two photos of the view), is_fallback.
    """

    vectors: Float[np.ndarray, "K D"]  # unit rows, float32
    table: pd.DataFrame
    key: str = ""

    def __post_init__(self):
        check_unit_rows(self.vectors, "centroids")
        check_columns(self.table, ("centroid", "landmark_id", "view", "n_photos"), "the table of centroids")
        names = self.landmark_ids
        if len(names) != len(self.vectors) or len(names) == 0 or (names[1:] < names[:-1]).any():
            raise InputError(
                f"Expected a row per centroid, sorted by landmark; got {len(names)} rows for "
                f"{len(self.vectors)} vectors in the gallery. Make it with build_gallery."
            )

    @property
    def landmark_ids(self) -> np.ndarray:
        """(K,) landmark of each centroid, sorted."""
        return self.table["landmark_id"].to_numpy(dtype=object)

    def __len__(self) -> int:
        return len(self.vectors)

    def __repr__(self) -> str:
        views = self.table.groupby("landmark_id").size()
        return f"{len(self):,} centroids, {len(views):,} landmarks, median {views.median():g} views"

    def save(self, folder: Path) -> None:
        """Write vectors.npy, centroids.parquet and gallery.json into an existing folder."""
        np.save(Path(folder) / "vectors.npy", self.vectors, allow_pickle=False)
        self.table.to_parquet(Path(folder) / "centroids.parquet", index=False)
        (Path(folder) / "gallery.json").write_text(json.dumps({"key": self.key}), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> "CentroidGallery":
        """Read what `save` wrote.

        Raises:
            InputError: a file is missing.
        """
        folder = Path(folder)
        for name in ("vectors.npy", "centroids.parquet", "gallery.json"):
            if not (folder / name).is_file():
                raise InputError(
                    f"Expected vectors.npy, centroids.parquet and gallery.json; got no {name} in {folder}. "
                    "Point at the folder of a gallery, or build it again."
                )
        vectors = np.load(folder / "vectors.npy", allow_pickle=False)
        key = json.loads((folder / "gallery.json").read_text(encoding="utf-8"))["key"]
        return cls(vectors, pd.read_parquet(folder / "centroids.parquet"), key)
