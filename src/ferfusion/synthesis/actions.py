"""From an expression to muscle movements: facial action units, and the ARKit actions of each.

Sources of the action units: Ekman and Friesen, "EMFACS: Emotional Facial Action Coding System" (1983), and
the prototypes that Du, Tao and Martinez measured, "Compound facial expressions of emotion", PNAS 111(15),
2014, Table 1. "Core" units are those that make the expression readable; "optional" ones are shown by some
people only, and are drawn again for each clip. The strengths are ours, chosen by eye on this head.
The descriptions of the units are those of the FACS manual (Ekman, Friesen and Hager, 2002).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from ferfusion.actions.names import ACTIONS
from ferfusion.lookup import choose

_PAIRED = frozenset(name[:-4] for name in ACTIONS if name.endswith("Left") and name[:-4] + "Right" in ACTIONS)

ACTION_UNITS: Mapping[int, Mapping[str, float]] = MappingProxyType(
    {
        1: {"browInnerUp": 1.0},  # inner brow raiser
        2: {"browOuterUp": 1.0},  # outer brow raiser
        4: {"browDown": 1.0},  # brow lowerer
        5: {"eyeWide": 1.0},  # upper lid raiser
        6: {"cheekSquint": 1.0, "eyeSquint": 0.15},  # cheek raiser
        7: {"eyeSquint": 1.0},  # lid tightener
        9: {"noseSneer": 1.0},  # nose wrinkler
        10: {"mouthUpperUp": 1.0},  # upper lip raiser
        12: {"mouthSmile": 1.0},  # lip corner puller
        14: {"mouthDimple": 1.0},  # dimpler
        15: {"mouthFrown": 1.0},  # lip corner depressor
        16: {"mouthLowerDown": 1.0},  # lower lip depressor
        17: {"mouthShrugLower": 1.0, "mouthShrugUpper": 0.3},  # chin raiser
        20: {"mouthStretch": 1.0},  # lip stretcher
        23: {"mouthRollLower": 0.4, "mouthRollUpper": 0.4, "mouthPucker": 0.3},  # lip tightener
        24: {"mouthPress": 0.6, "mouthRollLower": 0.3, "mouthRollUpper": 0.3, "mouthPucker": 0.2},  # pressor
        25: {"jawOpen": 0.15, "mouthLowerDown": 0.3, "mouthUpperUp": 0.2},  # lips part
        26: {"jawOpen": 0.6},  # jaw drop
        27: {"jawOpen": 1.0},  # mouth stretch
    }
)
"""Action units as weights of ARKit actions; a name without a side means both sides."""


@dataclass(frozen=True)
class Prototype:
    """The action units of an expression, each with its strength at full intensity, 0 to 1.

    Attributes:
        core: Units of every clip.
        optional: Units that only some clips have.
    """

    core: Mapping[int, float]
    optional: Mapping[int, float]


PROTOTYPES: Mapping[str, Prototype] = MappingProxyType(
    {
        "Anger": Prototype({4: 1.0, 5: 0.4, 7: 0.6, 17: 0.55, 23: 0.7, 24: 0.8}, {9: 0.3, 10: 0.2}),
        "Disgust": Prototype(
            {9: 1.0, 10: 0.85, 4: 0.35, 7: 0.4}, {6: 0.4, 15: 0.5, 16: 0.4, 17: 0.5, 25: 0.6}
        ),
        "Fear": Prototype({1: 1.0, 4: 0.6, 5: 1.0, 20: 1.0, 25: 1.0, 26: 0.2}, {2: 0.4, 16: 0.5}),
        "Happiness": Prototype({6: 0.75, 12: 1.0, 25: 0.6}, {10: 0.25, 26: 0.3}),
        "Sadness": Prototype({1: 1.0, 4: 0.5, 15: 1.0}, {7: 0.3, 17: 0.6}),
        "Surprise": Prototype({1: 1.0, 2: 1.0, 5: 0.9, 26: 1.0}, {27: 0.35}),
    }
)
"""The six expressions by their action units (see the module's sources)."""


def sides(name: str) -> tuple[str, ...]:
    """Return the ARKit actions of a name without a side.

    >>> sides("browDown"), sides("jawOpen")
    (('browDownLeft', 'browDownRight'), ('jawOpen',))
    """
    return (name + "Left", name + "Right") if name in _PAIRED else (name,)


def weights_of_units(units: Mapping[int, float]) -> dict[str, float]:
    """Return the ARKit action weights, 0 to 1, of some action units with their strengths.

    Units that share an action add up, and stop at 1.

    >>> weights_of_units({26: 0.5, 4: 0.8})
    {'jawOpen': 0.3, 'browDownLeft': 0.8, 'browDownRight': 0.8}
    """
    weights: dict[str, float] = {}
    for unit, strength in units.items():
        for name, share in ACTION_UNITS[unit].items():
            for action in sides(name):
                weights[action] = min(1.0, weights.get(action, 0.0) + share * strength)
    return weights


STUDIO: Mapping[str, tuple[Prototype, ...]] = MappingProxyType(
    {name: (prototype,) for name, prototype in PROTOTYPES.items()}
)
"""The prototypes as the only way to show each expression."""


def draw_units(
    expression: str,
    rng: np.random.Generator,
    *,
    spread: float = 0.12,
    variants: Mapping[str, tuple[Prototype, ...]] = STUDIO,
) -> dict[int, float]:
    """Draw the action units of one showing of an expression.

    Core units vary by ``spread`` around their strength; half of the showings have each optional unit. Of
    several variants of an expression, one is drawn.

    Raises:
        ConfigError: the expression has no prototype.
    """
    ways = choose(variants, expression, what="expression")
    prototype = ways[int(rng.integers(len(ways)))] if len(ways) > 1 else ways[0]
    core = {unit: strength * rng.uniform(1 - spread, 1) for unit, strength in prototype.core.items()}
    shown = {unit: strength * rng.uniform(0.5, 1) for unit, strength in prototype.optional.items()}
    chosen = rng.random(len(shown)) < 0.5
    return core | {
        unit: strength for (unit, strength), kept in zip(shown.items(), chosen, strict=True) if kept
    }
