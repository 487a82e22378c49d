"""Solids: meshes with materials, and what buildings, ground and plants have in common."""
