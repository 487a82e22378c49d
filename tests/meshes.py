"""What tests ask of triangle meshes: which pieces are closed, and how large they are."""

import numpy as np

from sightlab.data.drawn.solids.scene import Shape


def triangle_areas(shape: Shape) -> np.ndarray:
    """(F,) square meters."""
    a, b, c = np.moveaxis(shape.vertices[shape.faces], 1, 0)
    return np.linalg.norm(np.cross(b - a, c - a), axis=1) / 2


def closed_pieces(shape: Shape) -> np.ndarray:
    """Signed volumes of the closed pieces: those in which every edge is walked once in each direction.

    A piece is what triangles connect by common vertices; what only touches stays apart. Inside a piece,
    vertices at one spot count as one, as at the tip of a cone.
    """
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    ends = np.concatenate([shape.faces[:, [0, 1]], shape.faces[:, [1, 2]], shape.faces[:, [2, 0]]])
    n = len(shape.vertices)
    links = coo_matrix((np.ones(len(ends)), ends.T), shape=(n, n))
    n_pieces, piece = connected_components(links, directed=False)
    spots = np.column_stack([piece, (shape.vertices * 1e6).round()])
    spot = np.unique(spots, axis=0, return_inverse=True)[1].ravel()
    walked, count = np.unique(spot[ends], axis=0, return_counts=True)
    number = walked @ [n, 1]
    is_lonely = (count > 1) | ~np.isin(walked @ [1, n], number)
    is_open = np.zeros(n_pieces, dtype=bool)
    piece_of_spot = np.zeros(n, dtype=np.int64)
    piece_of_spot[spot] = piece
    is_open[piece_of_spot[walked[is_lonely, 0]]] = True
    a, b, c = np.moveaxis(shape.vertices[shape.faces], 1, 0)
    volumes = np.einsum("fi,fi->f", a, np.cross(b, c)) / 6
    totals = np.bincount(piece[shape.faces[:, 0]], volumes, minlength=n_pieces)
    return totals[~is_open]


def hits(shape: Shape, start, end) -> int:
    """How many triangles a straight line from start to end passes through (Moeller and Trumbore 1997)."""
    start, ray = np.asarray(start, float), np.subtract(end, start).astype(float)
    a, b, c = np.moveaxis(shape.vertices[shape.faces], 1, 0)
    across = np.cross(ray, c - a)
    size = np.einsum("fi,fi->f", b - a, across)
    not_parallel = np.abs(size) > 1e-12
    a, b, c, across, size = (part[not_parallel] for part in (a, b, c, across, size))
    u = np.einsum("fi,fi->f", start - a, across) / size
    up = np.cross(start - a, b - a)
    v = up @ ray / size
    t = np.einsum("fi,fi->f", c - a, up) / size
    return int(((u >= 0) & (v >= 0) & (u + v <= 1) & (t > 0) & (t < 1)).sum())


def reach(shape: Shape) -> tuple[np.ndarray, np.ndarray]:
    """Lowest and highest x, y, z."""
    return shape.vertices.min(axis=0), shape.vertices.max(axis=0)


def spots_above(shape: Shape, z: float, apart: float) -> np.ndarray:
    """(N, 2) middles of what stands above a height, seen from above; farther apart than `apart` meters."""
    from scipy.cluster.hierarchy import fclusterdata

    points = shape.vertices[shape.vertices[:, 2] > z][:, :2]
    group = fclusterdata(points, apart, criterion="distance", method="single")
    return np.array([points[group == g].mean(axis=0) for g in np.unique(group)])


def widest(shape, low, high):
    """How far along x or y what lies between two heights reaches from the axis, meters."""
    z = shape.vertices[:, 2]
    return np.abs(shape.vertices[(z >= low) & (z <= high)][:, :2]).max()


def signed_volume(shape: Shape) -> float:
    """Cubic meters enclosed by a closed shape; negative if its triangles face inwards."""
    a, b, c = np.moveaxis(shape.vertices[shape.faces], 1, 0)
    return float(np.einsum("fi,fi->f", a, np.cross(b, c)).sum() / 6)
