"""The facial actions: ARKit's 52 names, the action unit of each, and the columns of a table of them.

Sources of the names: Apple's ``ARFaceAnchor.BlendShapeLocation``. Left and right are those of the person.
Source of the units: the FACS manual (Ekman, Friesen and Hager, 2002); which unit an action resembles is ours.
"""

from collections.abc import Mapping
from types import MappingProxyType

FACS_UNITS: Mapping[str, str] = MappingProxyType(
    {
        "browDown": "AU4 brow lowerer",
        "browInnerUp": "AU1 inner brow raiser",
        "browOuterUp": "AU2 outer brow raiser",
        "cheekPuff": "AD34 puff",
        "cheekSquint": "AU6 cheek raiser",
        "eyeBlink": "AU45 blink, AU43 eyes closed",
        "eyeLookDown": "AU64 eyes down",
        "eyeLookIn": "AU61, AU62 eyes turn left, right",
        "eyeLookOut": "AU61, AU62 eyes turn left, right",
        "eyeLookUp": "AU63 eyes up",
        "eyeSquint": "AU7 lid tightener",
        "eyeWide": "AU5 upper lid raiser",
        "jawForward": "AD29 jaw thrust",
        "jawLeft": "AD30 jaw sideways",
        "jawOpen": "AU26 jaw drop, AU27 mouth stretch",
        "jawRight": "AD30 jaw sideways",
        "mouthClose": "",
        "mouthDimple": "AU14 dimpler",
        "mouthFrown": "AU15 lip corner depressor",
        "mouthFunnel": "AU22 lip funneler",
        "mouthLeft": "",
        "mouthLowerDown": "AU16 lower lip depressor",
        "mouthPress": "AU24 lip pressor",
        "mouthPucker": "AU18 lip pucker",
        "mouthRight": "",
        "mouthRollLower": "AU28 lip suck, of the lower lip",
        "mouthRollUpper": "AU28 lip suck, of the upper lip",
        "mouthShrugLower": "AU17 chin raiser",
        "mouthShrugUpper": "AU17 chin raiser, on the upper lip",
        "mouthSmile": "AU12 lip corner puller",
        "mouthStretch": "AU20 lip stretcher",
        "mouthUpperUp": "AU10 upper lip raiser",
        "noseSneer": "AU9 nose wrinkler",
        "tongueOut": "AD19 tongue show",
    }
)
"""The FACS unit that each action resembles; empty if there is none. A name without a side stands for both."""

ACTIONS = (
    "browDownLeft", "browDownRight", "browInnerUp", "browOuterUpLeft", "browOuterUpRight", "cheekPuff",
    "cheekSquintLeft", "cheekSquintRight", "eyeBlinkLeft", "eyeBlinkRight", "eyeLookDownLeft",
    "eyeLookDownRight", "eyeLookInLeft", "eyeLookInRight", "eyeLookOutLeft", "eyeLookOutRight",
    "eyeLookUpLeft", "eyeLookUpRight", "eyeSquintLeft", "eyeSquintRight", "eyeWideLeft", "eyeWideRight",
    "jawForward", "jawLeft", "jawOpen", "jawRight", "mouthClose", "mouthDimpleLeft", "mouthDimpleRight",
    "mouthFrownLeft", "mouthFrownRight", "mouthFunnel", "mouthLeft", "mouthLowerDownLeft",
    "mouthLowerDownRight", "mouthPressLeft", "mouthPressRight", "mouthPucker", "mouthRight",
    "mouthRollLower", "mouthRollUpper", "mouthShrugLower", "mouthShrugUpper", "mouthSmileLeft",
    "mouthSmileRight", "mouthStretchLeft", "mouthStretchRight", "mouthUpperUpLeft", "mouthUpperUpRight",
    "noseSneerLeft", "noseSneerRight", "tongueOut",
)  # fmt: skip
"""The 52 ARKit actions, in the order of every table of coefficients or weights."""
POSE = ("yaw", "pitch", "roll")
"""The angles of the head in degrees, see ``head_pose``."""
ACTION_COLUMNS = (*ACTIONS, *POSE)
"""The columns of a table of actions."""


def facs_unit(action: str) -> str:
    """Return the FACS unit that an action resembles; empty if there is none.

    >>> facs_unit("mouthSmileLeft"), facs_unit("jawLeft"), facs_unit("mouthClose")
    ('AU12 lip corner puller', 'AD30 jaw sideways', '')
    """
    return FACS_UNITS[without_side(action)]


def without_side(action: str) -> str:
    """Return the name that an action shares with that of the other side, a name of ``FACS_UNITS``.

    >>> without_side("mouthSmileLeft"), without_side("jawLeft"), without_side("jawOpen")
    ('mouthSmile', 'jawLeft', 'jawOpen')
    """
    return action if action in FACS_UNITS else action.removesuffix("Left").removesuffix("Right")


def other_side(action: str) -> str:
    """Return the action of the other side of the face; an action without a side is its own.

    >>> other_side("mouthSmileLeft"), other_side("jawRight"), other_side("jawOpen")
    ('mouthSmileRight', 'jawLeft', 'jawOpen')
    """
    for side, other in (("Left", "Right"), ("Right", "Left")):
        if action.endswith(side):
            return action.removesuffix(side) + other
    return action
