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

LISTS = ("members", "merge_heights")  # columns that hold a list for each centroid


@dataclass(frozen=True, eq=False)
class Centroid:
    """One view of one landmark, and the photos that made it."""

    landmark_id: str
    view: int  # 0 = most photographed
    vector: Float[np.ndarray, " D"]  # unit
    members: tuple[str, ...]  # photo_ids, sorted
    medoid_photo_id: str  # the photo nearest to the centroid
    radius: float  # largest distance of a member to the centroid, [0, 2]
    diameter: float  # largest distance of two members, [0, 2]
    merge_heights: tuple[float, ...]  # of its part of the tree, rising
    is_fallback: bool  # no cluster of the landmark was large enough, so its largest stands in
    n_landmark_photos: int  # kept photos of the landmark
    n_in_tree: int  # of these clustered; fewer where a sample was drawn
    made: str  # when
    network_key: str  # of the network that made the embeddings


@dataclass(frozen=True, eq=False)
class CentroidGallery:
    """All centroids of all landmarks, sorted by landmark, then most photographed view first.

    `table` has one row per centroid: centroid (row of `vectors`), n_photos, and what a `Centroid` knows.
    `gallery[row]` is that object. `facts` is the table without its lists, for CSV and figures.
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

    @property
    def facts(self) -> pd.DataFrame:
        """The table without the columns that hold lists."""
        return self.table.drop(columns=[c for c in LISTS if c in self.table])

    def __len__(self) -> int:
        return len(self.vectors)

    def __getitem__(self, row: int) -> Centroid:
        """One centroid as an object.

        Raises:
            InputError: no such row, or a gallery that was not made by `build_gallery`.
        """
        check_columns(self.table, (*LISTS, "medoid_photo_id", "network_key"), "the table of centroids")
        if not 0 <= row < len(self):
            raise InputError(f"centroid={row} is not a row of this gallery; it has 0 to {len(self) - 1}.")
        facts = self.table.iloc[row].to_dict()
        return Centroid(
            vector=self.vectors[row],
            members=tuple(facts.pop("members")),
            merge_heights=tuple(float(height) for height in facts.pop("merge_heights")),
            **{name: value for name, value in facts.items() if name not in ("centroid", "n_photos")},
        )

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
