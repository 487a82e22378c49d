"""Landmarks: every one of them, from outside and inside, and where people stand to see it."""
