"""Draw the people of a corpus from a seed."""

from types import MappingProxyType

import numpy as np

from ferfusion.synthesis.subjects import Brows, Color, Hair, Light, Scene, Subject

_SKINS: tuple[Color, ...] = (
    (0.96, 0.81, 0.73),
    (0.92, 0.74, 0.63),
    (0.87, 0.68, 0.54),
    (0.80, 0.60, 0.45),
    (0.69, 0.48, 0.34),
    (0.55, 0.36, 0.25),
    (0.43, 0.27, 0.19),
)  # from light to dark, near the steps of the Monk scale
_SKIN_STEPS = MappingProxyType({"african": (4, 6), "asian": (1, 3), "caucasian": (0, 2)})
_HAIRS: tuple[Color, ...] = (
    (0.07, 0.06, 0.06),
    (0.14, 0.09, 0.07),
    (0.28, 0.17, 0.10),
    (0.44, 0.27, 0.14),
    (0.66, 0.48, 0.27),
    (0.50, 0.22, 0.10),
)
_GREY: Color = (0.68, 0.67, 0.66)
_IRISES: tuple[Color, ...] = (
    (0.20, 0.11, 0.06),
    (0.33, 0.20, 0.09),
    (0.36, 0.33, 0.16),
    (0.28, 0.42, 0.34),
    (0.33, 0.48, 0.60),
    (0.45, 0.51, 0.55),
)
_FACE_SHAPES = MappingProxyType(
    {
        "head-fat-incr": (-0.3, 0.6),
        "head-scale-horiz-incr": (-0.35, 0.35),
        "head-scale-vert-incr": (-0.3, 0.3),
        "chin-width-incr": (-0.6, 0.6),
        "chin-height-incr": (-0.4, 0.4),
        "chin-prominent-incr": (-0.5, 0.5),
        "chin-jaw-drop-incr": (-0.5, 0.5),
        "cheek-volume-incr": (-0.5, 0.7),
        "cheek-bones-incr": (-0.6, 0.6),
        "forehead-scale-vert-incr": (-0.5, 0.5),
        "nose-scale-horiz-incr": (-0.5, 0.6),
        "nose-scale-vert-incr": (-0.4, 0.4),
        "nose-hump-incr": (-0.6, 0.6),
        "nose-point-up": (-0.5, 0.5),
        "nose-width3-incr": (-0.5, 0.6),
        "mouth-scale-horiz-incr": (-0.4, 0.4),
        "mouth-upperlip-volume-incr": (-0.5, 0.7),
        "mouth-lowerlip-volume-incr": (-0.4, 0.7),
        "mouth-trans-up": (-0.3, 0.3),
        "eye-scale-incr": (-0.2, 0.35),
        "eye-corner2-up": (-0.4, 0.4),
        "eye-trans-out": (-0.3, 0.3),
        "eye-bag-incr": (-0.4, 0.4),
        "ear-scale-incr": (-0.4, 0.5),
        "ear-wing-incr": (-0.4, 0.6),
        "eyebrows-angle-up": (-0.1, 0.4),
        "eyebrows-trans-up": (-0.3, 0.3),
    }
)
"""Local changes of the face and the range of each; those of ears, eyes and cheeks apply to both sides."""
_SIDED = ("cheek-", "eye-", "ear-")


def mix_colors(first: Color, second: Color, share: float) -> Color:
    """Return the colour ``share`` of the way from the first to the second."""
    return tuple(float(a + (b - a) * share) for a, b in zip(first, second, strict=True))  # type: ignore[return-value]


def _random_color(rng: np.random.Generator, low: float, high: float, *, vivid: float) -> Color:
    """Return a colour of brightness ``low`` to ``high`` whose channels differ by up to ``vivid``."""
    level = rng.uniform(low, high)
    return tuple(float(np.clip(level + rng.uniform(-vivid, vivid), 0.02, 0.98)) for _ in range(3))  # type: ignore[return-value]


def draw_local_changes(rng: np.random.Generator) -> dict[str, float]:
    """Draw a face shape; a sided change differs by up to 0.05 between the sides."""
    changes: dict[str, float] = {}
    for name, (low, high) in _FACE_SHAPES.items():
        value = rng.uniform(low, high)
        if name.startswith(_SIDED):
            changes["l-" + name] = float(value + rng.uniform(-0.05, 0.05))
            changes["r-" + name] = float(value + rng.uniform(-0.05, 0.05))
        else:
            changes[name] = float(value)
    return changes


def _draw_phenotypes(rng: np.random.Generator, *, ancestry: str, female: bool) -> dict[str, float]:
    """Draw age (0.5 is a teenager or young adult, 1 is old), gender, build and ancestry."""
    shares = rng.uniform(0, 0.25, 3)
    shares[("african", "asian", "caucasian").index(ancestry)] = 1.0
    shares /= shares.sum()
    return {
        "age": float(rng.uniform(0.58, 0.97)),
        "gender": float(rng.uniform(0.85, 1.0) if female else rng.uniform(0.0, 0.15)),
        "muscle": float(rng.uniform(0.35, 0.65)),
        "weight": float(rng.uniform(0.3, 0.75)),
        "african": float(shares[0]),
        "asian": float(shares[1]),
        "caucasian": float(shares[2]),
    }


def _draw_hair(rng: np.random.Generator, *, ancestry: str, female: bool, age: float) -> Hair:
    """Draw hair; only the light-skinned have light hair, only the old have grey."""
    color = _HAIRS[int(rng.integers(0, len(_HAIRS) if ancestry == "caucasian" else 2))]
    grey = float(np.clip((age - 0.78) * 5, 0, 0.9)) * rng.uniform(0.3, 1)
    styles = ("short", "long", "long") if female else ("cropped", "short", "short", "bald")
    style = styles[int(rng.integers(len(styles)))]
    thickness = {"bald": 0.0, "cropped": 0.35, "short": 1.3, "long": 1.2}[style] * rng.uniform(0.8, 1.3)
    return Hair(style, mix_colors(color, _GREY, grey), float(thickness), float(rng.uniform(-0.6, 0.8)))


def _draw_brows(rng: np.random.Generator, hair: Color, *, female: bool) -> Brows:
    """Draw eyebrows, a little darker than the hair."""
    return Brows(
        color=mix_colors(hair, (0.05, 0.04, 0.03), 0.35),
        opacity=float(rng.uniform(0.7, 0.95)),
        thickness_cm=float(rng.uniform(0.22, 0.34) if female else rng.uniform(0.3, 0.46)),
        lift_cm=float(rng.uniform(-0.15, 0.15)),
        arch_cm=float(rng.uniform(-0.1, 0.2)),
    )


def _draw_light(rng: np.random.Generator) -> Light:
    """Draw a key light in front, above and to one side."""
    side, height = rng.uniform(-0.9, 0.9), rng.uniform(0.15, 0.9)
    direction = np.array([side, -1.0, height])
    x, y, z = direction / np.linalg.norm(direction)
    warmth = rng.uniform(-0.08, 0.08)
    return Light(
        direction=(float(x), float(y), float(z)),
        color=(float(1 + warmth), 1.0, float(1 - warmth)),
        key=float(rng.uniform(0.75, 1.05)),
        fill=float(rng.uniform(0.15, 0.35)),
        ambient=float(rng.uniform(0.22, 0.4)),
    )


def _draw_scene(rng: np.random.Generator) -> Scene:
    """Draw a background and a camera."""
    return Scene(
        top=_random_color(rng, 0.2, 0.85, vivid=0.15),
        bottom=_random_color(rng, 0.15, 0.75, vivid=0.15),
        blob=_random_color(rng, 0.15, 0.9, vivid=0.25),
        blob_seed=int(rng.integers(2**31)),
        yaw_degrees=float(rng.uniform(-9, 9)),
        pitch_degrees=float(rng.uniform(-5, 7)),
        distance_m=float(rng.uniform(0.8, 1.6)),
        face_share=float(rng.uniform(0.52, 0.62)),
        shift_x=float(rng.uniform(-0.05, 0.05)),
        shift_y=float(rng.uniform(-0.03, 0.03)),
    )


def _draw_resting(rng: np.random.Generator) -> dict[str, float]:
    """Draw what the face does at rest: brows, lids and lip corners that are never quite neutral."""
    actions = ("browDown", "browOuterUp", "eyeSquint", "mouthSmile", "mouthFrown", "mouthPress")
    chosen = rng.choice(actions, size=2, replace=False)
    return {
        f"{name}{side}": float(w)
        for name, w in zip(chosen, rng.uniform(0, 0.2, 2), strict=True)
        for side in ("Left", "Right")
    }


def draw_subject(index: int, *, seed: int) -> Subject:
    """Return subject ``index`` (from 0) of a seed; ancestry and gender go round, all else is drawn.

    The number of subjects drawn does not change any of them.
    """
    rng = np.random.default_rng([seed, index])
    ancestry = ("caucasian", "african", "asian")[index % 3]
    female = index % 2 == 0
    phenotypes = _draw_phenotypes(rng, ancestry=ancestry, female=female)
    age = phenotypes["age"]
    low, high = _SKIN_STEPS[ancestry]
    step = rng.uniform(low, high)
    skin = mix_colors(_SKINS[int(step)], _SKINS[min(int(step) + 1, len(_SKINS) - 1)], step % 1)
    hair = _draw_hair(rng, ancestry=ancestry, female=female, age=age)
    return Subject(
        name=f"s{index + 1:02d}",
        phenotypes=phenotypes,
        local_changes=draw_local_changes(rng),
        skin=skin,
        lips=mix_colors(
            skin, (0.62, 0.16, 0.20), float(rng.uniform(0.35, 0.75) if female else rng.uniform(0.2, 0.4))
        ),
        blush=float(rng.uniform(0.1, 0.6)),
        freckles=float(rng.uniform(0.2, 0.8) if ancestry == "caucasian" and rng.random() < 0.4 else 0.0),
        stubble=float(0.0 if female else rng.uniform(0.0, 0.8)),
        wrinkles=float(np.clip(0.35 + (age - 0.6) * 1.6 + rng.uniform(-0.1, 0.1), 0.25, 1)),
        age_folds=float(np.clip((age - 0.7) * 1.6, 0, 0.45)),
        iris=_IRISES[int(rng.integers(0, len(_IRISES) if ancestry == "caucasian" else 2))],
        cloth=_random_color(rng, 0.08, 0.75, vivid=0.25),
        brows=_draw_brows(rng, hair.color, female=female),
        hair=hair,
        light=_draw_light(rng),
        scene=_draw_scene(rng),
        resting=_draw_resting(rng),
    )
