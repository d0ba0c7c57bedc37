"""Values that describe a rendered person, the light, the background and the camera."""

from dataclasses import dataclass

Color = tuple[float, float, float]
"""Red, green, blue in sRGB, 0 to 1."""


@dataclass(frozen=True)
class Brows:
    """Eyebrows: colour, opacity 0 to 1; half thickness, shift and arch in centimetres on the mean face."""

    color: Color
    opacity: float
    thickness_cm: float
    lift_cm: float
    arch_cm: float


@dataclass(frozen=True)
class Hair:
    """Hair: style ("bald", "cropped", "short" or "long"), colour, thickness and how high the hairline is."""

    style: str
    color: Color
    thickness_cm: float
    hairline_cm: float


@dataclass(frozen=True)
class Light:
    """Direction towards the key light (x right, y away, z up), its colour and strength, fill and ambient."""

    direction: tuple[float, float, float]
    color: Color
    key: float
    fill: float
    ambient: float


@dataclass(frozen=True)
class Scene:
    """Background and camera.

    Attributes:
        top: Colour at the top.
        bottom: Colour at the bottom.
        blob: Colour of out-of-focus things.
        blob_seed: Seed of their places.
        yaw_degrees: Angle of the camera to the head's left.
        pitch_degrees: Angle of the camera above the head.
        distance_m: Distance of the camera.
        face_share: Chin to hairline as a share of the image's height.
        shift_x: Distance of the face to the right of the middle, as a share of the image.
        shift_y: Distance of the face below the middle, as a share of the image.
    """

    top: Color
    bottom: Color
    blob: Color
    blob_seed: int
    yaw_degrees: float
    pitch_degrees: float
    distance_m: float
    face_share: float
    shift_x: float
    shift_y: float


@dataclass(frozen=True)
class Subject:
    """A person in a place.

    Attributes:
        name: ``s01`` and so on.
        phenotypes: Values of the body model's phenotypes, 0 to 1.
        local_changes: Values of the body model's local changes, -1 to 1.
        skin: Skin colour.
        lips: Lip colour.
        blush: How red the cheeks and nose are, 0 to 1.
        freckles: How freckled, 0 to 1.
        stubble: How visible a shaved beard is, 0 to 1.
        wrinkles: How deep wrinkles get, 0 to 1.
        age_folds: How deep folds are at rest, 0 to 1.
        iris: Iris colour.
        cloth: Colour of the clothes.
        brows: Eyebrows.
        hair: Hair on the scalp.
        light: Light on the face.
        scene: Background and camera.
        resting: Weights of facial actions that the face has at rest.
    """

    name: str
    phenotypes: dict[str, float]
    local_changes: dict[str, float]
    skin: Color
    lips: Color
    blush: float
    freckles: float
    stubble: float
    wrinkles: float
    age_folds: float
    iris: Color
    cloth: Color
    brows: Brows
    hair: Hair
    light: Light
    scene: Scene
    resting: dict[str, float]
