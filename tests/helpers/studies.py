"""Simulated studies in which the truth is known: variants, trainings (seeds), people and videos."""

import numpy as np
import pandas as pd

from ferfusion.label_set import SIX, LabelSet


def simulate(
    rng: np.random.Generator,
    *,
    gains: tuple[float, ...] = (0.0, 0.0),
    seeds: int = 5,
    subjects: int = 18,
    videos: int = 12,
    frames: int = 1,
    classes: int = 3,
    taste: float = 0.0,
    luck: float = 0.0,
) -> np.ndarray:
    """Confusion matrices (V, N, S, C, C) of frames; a right answer has a chance of 0.55 and a gain.

    Args:
        rng: Source of all draws.
        gains: What each variant adds to the chance of a right answer.
        seeds: Trainings of each variant.
        subjects: Tested people.
        videos: Videos of each person, each of one class in turn.
        frames: Frames of each video, which are all answered alike in nine cases of ten.
        classes: Number of classes.
        taste: Standard deviation of how a variant suits a person better or worse than others.
        luck: Standard deviation of how good a training is, whoever is looked at.
    """
    shape = (len(gains), seeds, subjects, videos)
    chance = 0.55 + np.reshape(gains, (-1, 1, 1, 1))
    chance = chance + rng.normal(0, 0.1, (1, 1, subjects, 1))  # some people are easier for everybody
    chance = chance + rng.normal(0, taste, (len(gains), 1, subjects, 1))
    chance = chance + rng.normal(0, luck, (len(gains), seeds, 1, 1))
    video_right = rng.random(shape) < chance
    alike = rng.random((*shape, frames)) < 0.9
    right = np.where(alike, video_right[..., None], rng.random((*shape, frames)) < chance[..., None])
    code = np.arange(videos) % classes
    wrong = (code[:, None] + rng.integers(1, classes, (*shape, frames))) % classes
    answers = np.where(right, code[:, None], wrong)
    hot = np.eye(classes, dtype=np.int64)
    return np.einsum("vnstfj,ti->vnsij", hot[answers], hot[code])


def tables(
    rng: np.random.Generator,
    *,
    skills: dict[str, float],
    seeds: int = 3,
    subjects: int = 12,
    pairs: int = 4,
    labels: LabelSet = SIX,
    luck: float = 0.1,
) -> dict[str, list[pd.DataFrame]]:
    """Prediction tables of variants whose true class stands out by ``skill``, and by luck of the training."""
    rows = [
        (f"P{subject:02d}", f"P{subject:02d}-{name}-{take}", code, name, pair)
        for subject in range(subjects)
        for code, name in enumerate(labels.names)
        for take in range(2)
        for pair in range(pairs)
    ]
    frame = pd.DataFrame(rows, columns=["subject", "video", "code", "emotion", "frame"])
    frame.insert(0, "part", "test")
    video = frame.groupby("video", sort=False).ngroup().to_numpy()
    hard = rng.normal(0, 1.2, (video.max() + 1, len(labels)))[video]
    out: dict[str, list[pd.DataFrame]] = {}
    for name, skill in skills.items():
        out[name] = []
        for _ in range(seeds):
            own = rng.normal(0, 0.8, (video.max() + 1, len(labels)))[video]
            right = np.eye(len(labels))[frame["code"]] * (skill + rng.normal(0, luck))
            logits = hard + own + right + rng.normal(0, 0.4, hard.shape)
            shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
            out[name].append(frame.assign(**dict(zip(labels.probability_columns, shares.T, strict=True))))
    return out
