"""What the drawn world is made of; `sightlab.data.world` is its door.

solids -> light, surroundings, landmarks, distractors -> making: from meshes to a folder of photos.
"""
