"""How sightlab answers: centroids per landmark, the square around the camera, thresholds, the recognizer."""
