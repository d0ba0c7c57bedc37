"""Scores of single people: how well a model reads the videos of each of them."""

import pandas as pd
from scipy.stats import binomtest

from ferfusion.evaluation.metrics import confusion_by_group, uar
from ferfusion.evaluation.predictions import predicted_codes
from ferfusion.label_set import LabelSet

FEW_VIDEOS = 10
"""Videos below which the score of one person says little: 5 of 10 has a 95 % interval of 24 to 76 %."""
_PERSON = ("part", "subject")


def people_table(videos: pd.DataFrame, *, labels: LabelSet, confidence: float) -> pd.DataFrame:
    """Return a row per person of a table of video predictions.

    ``part, subject, videos, war, low, high, uar, classes, note``: ``war`` is the share of the person's videos
    that are predicted correctly, with its interval over videos; ``uar`` the mean recall over the
    ``classes`` that the person displays. The note says where there are too few videos to say anything.

    Args:
        videos: A row per video, with ``part``, ``subject``, ``code`` and a probability per class.
        labels: The classes.
        confidence: Coverage of the interval.

    Source: the score interval of Wilson 1927, which scipy computes; it takes the videos as independent.
    """
    rows = []
    for (part, subject), own in videos.groupby(list(_PERSON), sort=True):
        true, predicted = own["code"].to_numpy(), predicted_codes(own, labels=labels)
        correct, count = int((true == predicted).sum()), len(own)
        interval = binomtest(correct, count).proportion_ci(confidence_level=confidence, method="wilson")
        [confusion] = confusion_by_group(true, predicted, own["subject"], num_classes=len(labels))
        rows.append(
            {
                "part": part,
                "subject": subject,
                "videos": count,
                "war": correct / count,
                "low": interval.low,
                "high": interval.high,
                "uar": float(uar(confusion)),
                "classes": own["code"].nunique(),
                "note": "" if count >= FEW_VIDEOS else f"{count_text(count)}: too few to say anything",
            }
        )
    columns = ["part", "subject", "videos", "war", "low", "high", "uar", "classes", "note"]
    return pd.DataFrame(rows, columns=columns)


def count_text(videos: int) -> str:
    """Return a number of videos as text.

    >>> count_text(1), count_text(3)
    ('1 video', '3 videos')
    """
    return f"{videos} video{'' if videos == 1 else 's'}"
