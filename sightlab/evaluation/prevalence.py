"""What rates come to among a user's photos, of which few show a landmark: pure functions.

Letters: p prevalence, the share of photos that show a known landmark; S sensitivity.
"""

import math

from sightlab.checks import check_fraction


def ppv(prevalence: float, sensitivity: float, confusion_rate: float, fpr: float) -> float:
    """How often an answer is right when a share `prevalence` of the photos shows a known landmark.

    Args:
        prevalence: p, [0, 1]; 0.01-0.03 in users' photos.
        sensitivity: S, [0, 1].
        confusion_rate: [0, 1], with S + confusion <= 1.
        fpr: [0, 1].
    Returns:
        p S / (p (S + confusion) + (1 - p) fpr), in [0, 1]; NaN if the system never answers.
    Raises:
        InputError: a rate outside [0, 1].
    """
    named = (("prevalence", prevalence), ("sensitivity", sensitivity))
    for name, value in (*named, ("confusion_rate", confusion_rate), ("fpr", fpr)):
        check_fraction(value, name, advice="Write 1 % as 0.01.")
    answered = prevalence * (sensitivity + confusion_rate) + (1 - prevalence) * fpr
    return prevalence * sensitivity / answered if answered > 0 else math.nan


def wrong_albums_per_1000(prevalence: float, confusion_rate: float, fpr: float) -> float:
    """Of 1,000 photos of a user, how many come into the album of a landmark that they do not show.

    Args:
        prevalence: p, share of photos that show a known landmark, [0, 1].
        confusion_rate: [0, 1].
        fpr: [0, 1].
    Returns:
        1000 (p confusion + (1 - p) fpr), in [0, 1000], lower is better.
    Raises:
        InputError: a rate outside [0, 1].
    """
    for name, value in (("prevalence", prevalence), ("confusion_rate", confusion_rate), ("fpr", fpr)):
        check_fraction(value, name, advice="Write 1 % as 0.01.")
    return 1000 * (prevalence * confusion_rate + (1 - prevalence) * fpr)
