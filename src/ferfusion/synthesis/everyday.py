"""The look ``everyday``: other people, other light and other ways to show an expression.

What is learned from the look ``studio`` is tried on it. Bodies are further from the mean, ancestries are
mixed, skin goes with no ancestry, light is harder and coloured, cameras stand further aside. Nothing of a
person is shared with ``studio``: the seeds of the draws differ.
"""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

import numpy as np

from ferfusion.synthesis.actions import Prototype
from ferfusion.synthesis.casting import draw_local_changes, draw_subject, mix_colors
from ferfusion.synthesis.subjects import Brows, Color, Light, Scene, Subject

EMFACS_VARIANTS: Mapping[str, tuple[Prototype, ...]] = MappingProxyType(
    {
        "Anger": (
            Prototype({4: 1.0, 5: 0.6, 7: 0.7, 10: 0.5, 25: 0.9, 26: 0.5}, {23: 0.5}),
            Prototype({4: 0.9, 5: 0.5, 7: 0.8, 23: 0.8, 25: 0.6}, {17: 0.4}),
            Prototype({4: 1.0, 5: 0.7, 7: 0.5, 17: 0.7, 23: 0.6}, {24: 0.5}),
            Prototype({4: 0.9, 5: 0.4, 7: 0.7, 17: 0.6, 24: 0.9}, {}),
        ),
        "Disgust": (
            Prototype({9: 1.0, 16: 0.5, 15: 0.5, 26: 0.3}, {4: 0.3}),
            Prototype({9: 0.9, 17: 0.7}, {7: 0.5}),
            Prototype({10: 1.0, 16: 0.5, 25: 0.7, 26: 0.3}, {9: 0.4}),
            Prototype({10: 1.0, 17: 0.7}, {6: 0.4}),
        ),
        "Fear": (
            Prototype({1: 0.9, 2: 0.6, 4: 0.7, 5: 0.9, 20: 0.8, 25: 0.8}, {26: 0.4}),
            Prototype({1: 1.0, 2: 0.5, 4: 0.8, 5: 1.0, 25: 0.7}, {20: 0.4}),
            Prototype({1: 0.9, 2: 0.5, 4: 0.7, 5: 0.9}, {20: 0.5}),
            Prototype({5: 1.0, 20: 1.0, 25: 0.6}, {1: 0.5, 4: 0.4}),
        ),
        "Happiness": (
            Prototype({6: 0.9, 12: 0.8}, {7: 0.3}),
            Prototype({6: 0.6, 12: 1.0, 25: 0.8, 26: 0.4}, {}),
            Prototype({12: 0.9}, {25: 0.4}),
        ),
        "Sadness": (
            Prototype({1: 1.0, 4: 0.7}, {7: 0.3}),
            Prototype({1: 0.9, 4: 0.5, 15: 0.6}, {17: 0.4}),
            Prototype({1: 0.8, 4: 0.4, 15: 0.9, 17: 0.7}, {}),
            Prototype({6: 0.5, 15: 1.0}, {1: 0.5}),
        ),
        "Surprise": (
            Prototype({1: 0.9, 2: 1.0, 5: 0.7, 26: 0.9}, {}),
            Prototype({1: 0.9, 2: 0.9, 5: 0.6, 27: 0.7}, {}),
            Prototype({1: 1.0, 2: 1.0, 5: 0.9}, {25: 0.4}),
            Prototype({1: 0.8, 2: 0.9, 26: 0.8}, {5: 0.4}),
        ),
    }
)
"""Ways to show each expression, from the table of EMFACS (Ekman and Friesen 1983); the strengths are ours."""
_FURTHER = 1.4
_PALE: Color = (0.97, 0.83, 0.75)
_DARK: Color = (0.33, 0.20, 0.14)
_STYLES = ("bald", "cropped", "short", "long")
_APART = 1_000_003


def draw_everyday_subject(index: int, *, seed: int) -> Subject:
    """Return subject ``index`` (from 0) of a seed, in the look ``everyday``."""
    rng = np.random.default_rng([seed, index, _APART])
    base = draw_subject(index, seed=seed + _APART)
    skin = mix_colors(_PALE, _DARK, float(rng.uniform()))
    female = rng.random() < 0.5
    hair = replace(
        base.hair,
        style=str(rng.choice(_STYLES[1:] if female else _STYLES)),
        color=_any_color(rng, 0.05, 0.6),
        hairline_cm=float(rng.uniform(-0.9, 1.0)),
    )
    return replace(
        base,
        phenotypes=_draw_phenotypes(rng, female=female),
        local_changes={
            name: float(np.clip(_FURTHER * value, -1, 1)) for name, value in draw_local_changes(rng).items()
        },
        skin=skin,
        lips=mix_colors(skin, _any_color(rng, 0.2, 0.6), float(rng.uniform(0.1, 0.5))),
        blush=float(rng.uniform(0, 0.9)),
        stubble=float(0.0 if female else rng.uniform(0, 1)),
        wrinkles=float(rng.uniform(0.1, 1)),
        age_folds=float(rng.uniform(0, 0.5)),
        cloth=_any_color(rng, 0.05, 0.9),
        brows=Brows(
            color=_any_color(rng, 0.04, 0.45),
            opacity=float(rng.uniform(0.5, 1)),
            thickness_cm=float(rng.uniform(0.18, 0.52)),
            lift_cm=float(rng.uniform(-0.22, 0.22)),
            arch_cm=float(rng.uniform(-0.15, 0.28)),
        ),
        hair=hair,
        light=_draw_light(rng),
        scene=_draw_scene(rng),
        resting=_draw_resting(rng),
    )


def _any_color(rng: np.random.Generator, low: float, high: float) -> Color:
    level, tint = rng.uniform(low, high), rng.uniform(0.75, 1.25, 3)
    red, green, blue = (float(min(level * each, 1.0)) for each in tint)
    return red, green, blue


def _draw_phenotypes(rng: np.random.Generator, *, female: bool) -> dict[str, float]:
    """Draw age, gender, build and a mixture of ancestries."""
    shares = rng.dirichlet((0.8, 0.8, 0.8))
    return {
        "age": float(rng.uniform(0.5, 1.0)),
        "gender": float(rng.uniform(0.7, 1.0) if female else rng.uniform(0.0, 0.3)),
        "muscle": float(rng.uniform(0.1, 0.9)),
        "weight": float(rng.uniform(0.1, 1.0)),
        **{name: float(share) for name, share in zip(("african", "asian", "caucasian"), shares, strict=True)},
    }


def _draw_light(rng: np.random.Generator) -> Light:
    """Draw a hard key light from any side in front, from below to high above."""
    direction = np.array([rng.uniform(-1.6, 1.6), -1.0, rng.uniform(-0.2, 1.3)])
    x, y, z = direction / np.linalg.norm(direction)
    red, green, blue = (float(each) for each in rng.uniform(0.8, 1.15, 3))
    return Light(
        direction=(float(x), float(y), float(z)),
        color=(red, green, blue),
        key=float(rng.uniform(0.5, 1.2)),
        fill=float(rng.uniform(0.05, 0.4)),
        ambient=float(rng.uniform(0.1, 0.45)),
    )


def _draw_scene(rng: np.random.Generator) -> Scene:
    return Scene(
        top=_any_color(rng, 0.05, 0.95),
        bottom=_any_color(rng, 0.05, 0.95),
        blob=_any_color(rng, 0.05, 0.95),
        blob_seed=int(rng.integers(2**31)),
        yaw_degrees=float(rng.uniform(-18, 18)),
        pitch_degrees=float(rng.uniform(-10, 12)),
        distance_m=float(rng.uniform(0.6, 2.5)),
        face_share=float(rng.uniform(0.36, 0.62)),
        shift_x=float(rng.uniform(-0.08, 0.08)),
        shift_y=float(rng.uniform(-0.05, 0.05)),
    )


def _draw_resting(rng: np.random.Generator) -> dict[str, float]:
    """Draw what the face does at rest: three actions, up to a quarter of their strength."""
    actions = (
        "browDown",
        "browInnerUp",
        "browOuterUp",
        "eyeSquint",
        "mouthSmile",
        "mouthFrown",
        "mouthPress",
    )
    chosen = rng.choice(actions, size=3, replace=False)
    return {
        name if name == "browInnerUp" else f"{name}{side}": float(weight)
        for name, weight in zip(chosen, rng.uniform(0, 0.25, 3), strict=True)
        for side in ("Left", "Right")
    }
