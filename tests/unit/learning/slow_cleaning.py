"""The equal-error rule in plain loops, and rows whose products have no rounding."""

import math

import numpy as np


def slow_equal_error(own, others):
    best, best_gap = None, math.inf
    for candidate in sorted(own):
        dropped = sum(d > candidate for d in own) / len(own)
        let_in = sum(d <= candidate for d in others) / len(others)
        if abs(dropped - let_in) < best_gap - 1e-12:
            best, best_gap = candidate, abs(dropped - let_in)
    return best


def exact_rows(rng, n, dim=16):
    """(n, dim) unit rows with four numbers of size 1/2: products are exact, in any order of adding."""
    rows = np.zeros((n, dim), np.float32)
    for row in rows:
        row[rng.choice(dim, 4, replace=False)] = rng.choice([-0.5, 0.5], 4)
    return rows
