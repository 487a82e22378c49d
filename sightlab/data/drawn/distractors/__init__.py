"""Distractors: what people photograph when there is no landmark, and scenes by class."""
