"""Light: from a scene and a camera to the pixels and the file of a photo."""
