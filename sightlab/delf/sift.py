"""SIFT in place of DELF: local features without any weights, verified by the same geometry.

Shapes: H x W photo, P keypoints.
Source: Lowe 2004 (OpenCV); square roots of normalized descriptors: Arandjelovic & Zisserman 2012 (RootSIFT).
"""

from __future__ import annotations

import numpy as np
from jaxtyping import UInt8

from sightlab.checks import check_count
from sightlab.delf.features import LocalFeatures

DIM = 128


def sift_features(photo: UInt8[np.ndarray, "H W 3"], max_keypoints: int = 1000) -> LocalFeatures:
    """RootSIFT keypoints of one photo, those with the strongest response first; P may be 0.

    `attention` is the response of the detector, `scales` the keypoint's diameter in pixels.
    """
    import cv2

    check_count(max_keypoints, "max_keypoints")
    gray = cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY)
    keypoints, rows = cv2.SIFT_create(nfeatures=max_keypoints).detectAndCompute(gray, None)
    size = (int(photo.shape[0]), int(photo.shape[1]))
    if rows is None:
        empty = np.empty(0, np.float32)
        return LocalFeatures(empty.reshape(0, 2), empty, empty, empty.reshape(0, DIM), size)
    points = np.array([k.pt for k in keypoints], dtype=np.float32)
    response = np.array([k.response for k in keypoints], dtype=np.float32)
    diameter = np.array([k.size for k in keypoints], dtype=np.float32)
    root = np.sqrt(rows / np.maximum(rows.sum(axis=1, keepdims=True), 1e-9))  # sums of squares are 1
    order = np.lexsort((points[:, 1], points[:, 0], -response))[:max_keypoints]
    return LocalFeatures(
        points[order], diameter[order], response[order], root[order].astype(np.float32), size
    )
