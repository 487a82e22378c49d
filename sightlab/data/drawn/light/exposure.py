"""One photo being taken: rays through every pixel, more of them along edges, and the light they bring back.

Shapes: H x W photo, R rays. Arrays that hold a vector per ray are (3, R), float32.
Source: ours.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from sightlab.data.drawn.light.openness import as_neighbors, is_indoors, open_sky
from sightlab.data.drawn.light.rays import NOTHING, Hits, Mesh, Surface, dot
from sightlab.data.drawn.light.shading import Paint, Palette, leaf_gaps, lit, mirrored, painted
from sightlab.data.drawn.light.sky import Atmosphere
from sightlab.data.drawn.light.textures import MIX, tiles
from sightlab.data.drawn.light.weather import with_precipitation
from sightlab.data.drawn.solids.scene import PATTERNS, Camera, Light

SKY = -1  # the owner of a pixel that shows no surface
_GLASS, _METAL = (PATTERNS.index(p) for p in ("windows", "metal"))
_MOST_LAYERS = 4  # of leaves that one ray passes
_FAR = 1e5  # meters; nothing casts a shadow from further away
_CORNER = 8.0  # meters; indoors only what is nearer makes corners dark
_CHUNK = 1 << 14  # rays shaded at once: their numbers stay in the processor's cache
_CORNERS = ((-0.375, -0.125), (0.125, -0.375), (0.375, 0.125), (-0.125, 0.375))  # of a pixel, turned
_CONTRAST = 0.06  # difference of the square roots of two pixels' colors that asks for more rays
_MOST_EDGES = 0.22  # share of the pixels that get more rays
_CROWN, _DAPPLE = 0.7, 0.3  # meters of leaves, and share of the sun, that come through to leaves in the shade
_BRIGHTEST = 4.0  # what one ray may add to a mean


@dataclass(frozen=True, eq=False)
class Seen:
    """What rays met, whichever mesh it belongs to."""

    mesh: Int[np.ndarray, " R"]  # NOTHING where there is sky
    hits: Hits


class Exposure:
    """A camera, its light, and the meshes in front of it.

    Args:
        meshes: the place, then what stands in front of it for this photo only.
        camera, light: of the photo.
        seed: of clouds, snowflakes and drops.
    """

    def __init__(self, meshes: list[Mesh], camera: Camera, light: Light, seed: int):
        self._meshes = meshes
        self._palettes = [Palette(mesh) for mesh in meshes]
        self._camera = camera
        self._eye = np.asarray(camera.position, dtype=np.float32)[:, None]
        self._seed = seed
        self._pixel = 1 / camera.focal
        self._air = Atmosphere(light, seed, is_indoors(meshes[0], self._eye))
        self._gap = leaf_gaps(self._air.season)

    def take(self) -> tuple[Float[np.ndarray, "H W 3"], Float[np.ndarray, "H W"], Int[np.ndarray, "H W"]]:
        """Linear RGB, depth along the ahead axis (inf: sky), and owner (-1: sky) of every pixel."""
        height, width = self._camera.size
        y, x = np.divmod(np.arange(height * width), width)
        rays = rays_through(self._camera, x, y)
        seen = self._trace(self._eye, rays)
        facing = self._facing(seen, rays)
        points = self._eye + rays * np.where(np.isinf(seen.hits.depth), np.float32(0), seen.hits.depth)
        reach = _CORNER if self._air.indoors else _FAR
        is_open = open_sky(self._meshes[0], points, facing, seen.hits.depth, (height, width), reach)
        color = self._colors(seen, self._eye, rays, is_open)
        color = np.minimum(color, np.float32(_BRIGHTEST))
        edges = _edges(color.reshape(3, height, width))
        color[:, edges] = self._averaged(color[:, edges], x[edges], y[edges], seen, facing, is_open)
        photo = np.ascontiguousarray(color.T).reshape(height, width, 3)
        photo = with_precipitation(photo, self._air.weather, self._air.horizon[:, 0] * 1.1, self._seed)
        return photo, seen.hits.depth.reshape(height, width), self._owners(seen).reshape(height, width)

    def owners(self) -> Int[np.ndarray, "H W"]:
        """Owner of every pixel as in `take`, many times faster: no light is followed."""
        height, width = self._camera.size
        y, x = np.divmod(np.arange(height * width), width)
        seen = self._trace(self._eye, rays_through(self._camera, x, y))
        return self._owners(seen).reshape(height, width)

    def _averaged(self, color, x, y, around: Seen, facing, is_open) -> np.ndarray:
        """The mean of what the middle and four more rays of some pixels bring back."""
        total = color.copy()
        for dx, dy in _CORNERS:
            rays = rays_through(self._camera, x + dx, y + dy)
            seen = self._trace(self._eye, rays)
            near = as_neighbors(
                (x, y), (dx, dy), self._camera.size, seen.hits.depth, self._facing(seen, rays),
                around.hits.depth, facing,
            )  # fmt: skip
            total += np.minimum(self._colors(seen, self._eye, rays, is_open[near]), np.float32(_BRIGHTEST))
        return total * np.float32(1 / (1 + len(_CORNERS)))

    def _trace(self, origins: np.ndarray, rays: np.ndarray) -> Seen:
        """What rays meet first, looking between leaves and through holes."""
        best = Seen(
            np.full(rays.shape[1], NOTHING, np.int8), self._through_leaves(self._meshes[0], origins, rays)
        )
        best.mesh[best.hits.face >= 0] = 0
        for i, mesh in enumerate(self._meshes[1:], start=1):
            found = self._through_leaves(mesh, origins, rays)
            nearer = np.flatnonzero(found.depth < best.hits.depth)
            best.hits.put(nearer, found.take(nearer))
            best.mesh[nearer] = i
        return best

    def _through_leaves(self, mesh: Mesh, origins: np.ndarray, rays: np.ndarray) -> Hits:
        hits = mesh.first_hit(origins, rays)
        if mesh.has_leaves:
            on = np.flatnonzero((hits.face >= 0) & mesh.is_leaf[hits.face])
            for _ in range(_MOST_LAYERS):
                on = on[self._is_gap(mesh, hits.take(on), rays[:, on])]
                if not len(on):
                    break
                travelled = hits.depth[on] * np.float32(1.0002) + np.float32(1e-3)
                start = (origins if origins.shape[1] == 1 else origins[:, on]) + rays[:, on] * travelled
                behind = mesh.first_hit(start, rays[:, on])
                hits.put(on, Hits(behind.face, behind.depth + travelled, behind.u, behind.v))
                on = on[(behind.face >= 0) & mesh.is_leaf[behind.face]]
        if mesh.has_holes:
            holes = np.flatnonzero((hits.face >= 0) & mesh.is_hole[hits.face])
            hits.face[holes], hits.depth[holes] = NOTHING, np.inf
        return hits

    def _is_gap(self, mesh: Mesh, hits: Hits, rays: np.ndarray) -> np.ndarray:
        """Whether rays pass between leaves; more often at the rim of a crown, which is ragged."""
        u, v, cosine = mesh.leaves(hits, rays)
        footprint = hits.depth * np.float32(self._pixel) / mesh.scale[hits.face]
        gap = tiles().read(mesh.pattern[hits.face], u, v, footprint)[MIX]
        rim = np.minimum(cosine * np.float32(1.6), 1)
        return gap > self._gap * (np.float32(0.25) + np.float32(0.75) * rim)

    def _facing(self, seen: Seen, rays: np.ndarray) -> np.ndarray:
        """Normals (3, R) of what rays met; 0 in the sky."""
        facing = np.zeros_like(rays)
        for i, mesh in enumerate(self._meshes):
            rows = np.flatnonzero(seen.mesh == i)
            facing[:, rows] = mesh.facing(seen.hits.take(rows), rays[:, rows])
        return facing

    def _owners(self, seen: Seen) -> np.ndarray:
        """(R,) int16; only the place itself has owners other than 0."""
        owner = np.where(seen.mesh == NOTHING, SKY, 0).astype(np.int16)
        place = np.flatnonzero(seen.mesh == 0)
        owner[place] = self._meshes[0].owner_of(seen.hits.take(place))
        return owner

    def _colors(self, seen: Seen, origins, rays, is_open, travelled: np.ndarray | None = None) -> np.ndarray:
        """Linear RGB (3, R) that rays bring back; `travelled` meters behind them if a mirror sent them."""
        unit = rays * (1 / np.sqrt(dot(rays, rays)))
        color = np.empty_like(rays)
        free = np.flatnonzero(seen.mesh == NOTHING)
        color[:, free] = self._air.sky(unit[:, free])
        for i in range(len(self._meshes)):
            rows = np.flatnonzero(seen.mesh == i)
            for first in range(0, len(rows), _CHUNK):
                some = rows[first : first + _CHUNK]
                start = origins if origins.shape[1] == 1 else origins[:, some]
                before = 0.0 if travelled is None else travelled[some]
                surface = self._meshes[i].surface(
                    seen.hits.take(some), start, rays[:, some], self._pixel, before
                )
                near = self._surface_color(surface, self._palettes[i], is_open[some], travelled is None)
                color[:, some] = self._air.through_air(near, unit[:, some], surface.distance)
        return color

    def _surface_color(self, surface: Surface, palette: Palette, is_open, mirrors: bool) -> np.ndarray:
        paint = painted(surface, palette, self._air, is_open)
        color = lit(surface, paint, self._air, self._sunlit(surface), is_open)
        shiny = np.flatnonzero(paint.mirror > 0.01)
        if len(shiny):
            color[:, shiny] = self._with_mirrors(
                surface.take(shiny), paint.take(shiny), color[:, shiny], is_open[shiny], mirrors
            )
        return color

    def _sunlit(self, surface: Surface) -> np.ndarray:
        """(R,) 1 where the sun reaches a spot, 0 in the shade."""
        sunlit = np.zeros(len(surface.u), dtype=np.float32)
        if self._air.sun.max() <= 0:
            return sunlit
        towards = dot(surface.facing, self._air.sun_direction)
        facing = np.flatnonzero((towards > 0) | surface.is_leaf)
        leaf = surface.is_leaf[facing]
        away = np.float32(0.01) + np.float32(4e-4) * surface.distance[facing]
        start = surface.point[:, facing] + surface.facing[:, facing] * (away * ~leaf)
        start += self._air.sun_direction * (np.float32(_CROWN) * leaf)
        shade = np.zeros(len(facing), dtype=bool)
        for mesh in self._meshes:
            shade |= mesh.blocked(start, self._air.sun_direction, _FAR)
        sunlit[facing] = np.where(shade, np.float32(_DAPPLE) * leaf, np.float32(1))
        return sunlit

    def _with_mirrors(self, surface: Surface, paint: Paint, color, is_open, mirrors: bool) -> np.ndarray:
        """Colors with what the surfaces mirror; water and wet ground see the scene, the rest only the sky."""
        direction, share = mirrored(surface, paint)
        metal = surface.pattern == _METAL
        deep = mirrors & (surface.pattern != _GLASS) & ~metal
        seen = np.empty_like(color)
        near, far = np.flatnonzero(deep), np.flatnonzero(~deep)
        if len(near):
            away = np.float32(0.02) + np.float32(4e-4) * surface.distance[near]
            start = surface.point[:, near] + surface.facing[:, near] * away
            met = self._trace(start, direction[:, near])
            half_open = np.full(len(near), 0.75, dtype=np.float32)
            way = surface.distance[near]
            seen[:, near] = self._colors(met, start, direction[:, near], half_open, way)
        if len(far):
            up = direction[2, far]
            level = np.stack([*direction[:2, far], np.maximum(up, 0.02)])
            dim = np.where(up < 0.02, np.float32(0.45), np.float32(1))  # below the horizon stand dark things
            dim *= np.float32(0.4) + np.float32(0.6) * is_open[far]
            tint = np.where(metal[far], paint.albedo[:, far] * np.float32(1.8), np.float32(1))
            seen[:, far] = self._air.sky(level, clouds=mirrors) * dim * tint
        return color * (1 - share) + seen * share


def rays_through(camera: Camera, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Directions (3, R) through points of the photo; the middle of pixel (0, 0) is point (0, 0)."""
    height, width = camera.size
    right, down, ahead = camera.axes().astype(np.float32)[:, :, None]
    x = ((x - (width - 1) / 2) / camera.focal).astype(np.float32)
    y = ((y - (height - 1) / 2) / camera.focal).astype(np.float32)
    return ahead + x * right + y * down


def _edges(color: np.ndarray) -> np.ndarray:
    """Pixels, by their place in the photo, that differ visibly from one beside, above or below them.

    If that is more than a share of the photo, the strongest.
    """
    level = np.sqrt(np.clip(color, 0, 1))
    strength = np.zeros(color.shape[1:], dtype=np.float32)
    rest, first, all_ = slice(1, None), slice(None, -1), slice(None)
    for one, other in (((first, all_), (rest, all_)), ((all_, first), (all_, rest))):
        step = np.abs(level[(all_, *one)] - level[(all_, *other)]).max(axis=0)
        for side in (one, other):
            strength[side] = np.maximum(strength[side], step)
    rows = np.flatnonzero(strength > _CONTRAST)
    most = int(_MOST_EDGES * strength.size)
    if len(rows) > most:
        rows = np.sort(rows[np.argsort(-strength.ravel()[rows], kind="stable")[:most]])
    return rows
