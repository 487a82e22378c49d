"""Surroundings: towns, shores, land, streets and people around a landmark."""
