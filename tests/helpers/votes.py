"""Drawn votes of raters."""

import numpy as np
import pandas as pd

CHOICES = ("anger", "disgust", "fear", "happiness", "neutral", "sadness")


def drawn_votes(videos: pd.DataFrame, *, seed: int = 0) -> pd.DataFrame:
    """Votes of six to ten raters on each video, of whom the half names the label."""
    rng = np.random.default_rng(seed)
    rows = []
    for video, emotion in zip(videos["video"], videos["emotion"], strict=True):
        shares = np.full(len(CHOICES), 0.1) + 0.5 * (np.array(CHOICES) == emotion.lower())
        votes = rng.multinomial(rng.integers(6, 11), shares / shares.sum())
        rows.append({"video": video, **dict(zip(CHOICES, votes.tolist(), strict=True))})
    return pd.DataFrame(rows)
