"""A golden stupa on its platform.

Source: ours.
"""

from __future__ import annotations

import numpy as np

from sightlab.data.drawn.solids.ornaments import column, curved_roof
from sightlab.data.drawn.solids.scene import Material, Shape
from sightlab.data.drawn.solids.shapes import around, assembled, box, lathe, row, stairs

GOLD = Material((0.83, 0.64, 0.27), "metal", (0.70, 0.50, 0.18), 2.0)
WHITE = Material((0.88, 0.86, 0.80), "plaster", (0.75, 0.72, 0.66), 3.0)
RED = Material((0.55, 0.14, 0.10))
DARK = Material((0.25, 0.16, 0.10))


def yangora_stupa() -> Shape:
    """A golden bell, 98 m, on terraces; rings, bud and umbrella; small stupas and four shrines around."""
    stair = Shape.join([stairs(9, 7, 3, 6, WHITE, y=-55), stairs(7, 5, 3.4, 6, WHITE, y=-42, z=3)])
    return assembled(
        [
            lathe([(60, 0), (60, 3.0)], WHITE, 8),
            lathe([(46, 3), (45, 6.4)], WHITE, 8),
            around(stair, 4, 45),
            around(_shrine().moved(y=-52, z=3), 4),
            around(_small_stupa().moved(x=40, z=6.4), 40),
            lathe(
                [(34, 6.4), (33, 10), (30.5, 10), (29.5, 13.5), (27, 13.5), (26, 17)], GOLD, _notched_square()
            ),
            lathe([(24.5, 17), (24, 20), (22, 20), (21.5, 23), (19.6, 23), (19.2, 26)], GOLD, 8),
            _bell(),
            _umbrella(),
        ]
    )


def _bell() -> Shape:
    """The bell, seven rings that grow smaller, the bud of a lotus; from 26 to 85 m."""
    lip = [(18.8, 26), (19.2, 27.5), (17.8, 28.5), (17.0, 31), (15.4, 35)]
    shoulder = [(12.8, 39.5), (10.6, 43), (9.8, 45.5), (10.4, 46), (9.9, 47)]
    rings = [
        (9.2 - i - inward, 47 + 2.4 * i + up)
        for i in range(7)
        for inward, up in ((0, 0), (0.3, 1.7), (1.3, 1.9))
    ]
    bud = [(3.0, 64), (4.4, 66), (3.0, 68), (2.2, 70), (3.3, 73), (3.0, 76), (1.4, 82), (0.8, 85)]
    return lathe(lip + shoulder + rings + bud, GOLD, 24)


def _umbrella() -> Shape:
    """Five small roofs on a needle, and a ball at its tip."""
    roofs = [p for i in range(5) for p in ((2.3 - 0.42 * i, 85 + 1.9 * i), (1.0 - 0.17 * i, 86.7 + 1.9 * i))]
    return lathe([*roofs, (0.15, 95), (0.1, 97), (0.5, 97.4), (0, 98.4)], GOLD, 12)


def _small_stupa() -> Shape:
    profile = [(2.6, 0), (2.3, 1.5), (1.7, 1.6), (1.4, 3.2), (0.7, 4.4), (0.3, 6.5), (0.1, 9)]
    return lathe(profile, GOLD, 8)


def _notched_square() -> np.ndarray:
    """A square whose corners step back, as an outline of half width 1."""
    quarter = [(-0.55, -1), (0.55, -1), (0.55, -0.9), (0.75, -0.9), (0.75, -0.75), (0.9, -0.75), (0.9, -0.55)]
    x, y = np.array(quarter).T
    return np.concatenate([np.stack(p, axis=1) for p in ((x, y), (-y, x), (-x, -y), (y, -x))])


def _shrine() -> Shape:
    """A pavilion on columns whose roof rises in five tiers to a needle."""
    parts = [row(column(5, 0.35, RED, 6), 4, (2.6, 0, 0)).moved(y=s * 3) for s in (-1, 1)]
    parts.append(box(8, 5.5, 4.6, DARK, y=0.2))
    for i in range(5):
        r = 5.4 - 0.95 * i
        roof = curved_roof((2 * r, 1.7 * r), (1.2 * r, r), 1.3, 0.6, GOLD, RED, 2)
        parts += [roof.moved(z=5 + 1.9 * i), box(1.2 * r, r, 1.0, RED, z=6 + 1.9 * i)]
    parts.append(lathe([(0.9, 14.2), (0.4, 16), (0, 20)], GOLD, 6))
    return Shape.join(parts)
