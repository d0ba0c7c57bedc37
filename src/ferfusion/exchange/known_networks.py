"""Public expression networks whose facts are known: labels, size, colours, pixels, licence.

Facts only; no file of theirs comes with this package. The sources:

- FER+: its page in the ONNX Model Zoo (github.com/onnx/models, vision/body_analysis/emotion_ferplus) for
  labels, softmax and licence; the zoo's ONNX_HUB_MANIFEST.json for the shape (1, 1, 64, 64) and the
  SHA-256; onnx/models#117 for the crop, the square output of a face detector; pytorch/glow#2504 for pixels
  from 0 to 255.
- EmotiEffLib (before: HSEmotion): the package emotiefflib 1.1.1 for labels, size, colours, mean and standard
  deviation, and for the crop, which is MTCNN's box without a margin; sb-ai-lab/EmotiEffLib#24 for the outputs
  of its multi-task networks, eight logits and then valence and arousal; its README for licence and
  training data.
"""

from dataclasses import dataclass
from types import MappingProxyType

from ferfusion.faces.official_model import OFFICIAL_MODELS


@dataclass(frozen=True)
class KnownNetwork:
    """What is known about a public network.

    Attributes:
        labels: Its classes, in the order of its outputs.
        size: Side of its images in pixels.
        colours: Colours that it reads: rgb, bgr or grey.
        largest_pixel: Value of a white pixel.
        mean: Subtracted from the pixels, for each channel.
        std: The difference is divided by it.
        address: Where its makers publish it.
        rights: Its licence, and the rights in its training data.
        other_outputs: Outputs after those of the classes.
        outputs: What the outputs of the classes are.
        sha256: SHA-256 of the official file; empty if it is not known.
    """

    labels: tuple[str, ...]
    size: int
    colours: str
    largest_pixel: int
    mean: tuple[float, ...]
    std: tuple[float, ...]
    address: str
    rights: str
    other_outputs: int = 0
    outputs: str = "logits"
    sha256: str = ""


_EIGHT = ("Anger", "Contempt", "Disgust", "Fear", "Happiness", "Neutral", "Sadness", "Surprise")
_SEVEN = tuple(name for name in _EIGHT if name != "Contempt")


def _emotieff(
    labels: tuple[str, ...],
    size: int,
    *,
    other_outputs: int = 0,
    mean: tuple[float, ...] = (0.485, 0.456, 0.406),
    std: tuple[float, ...] = (0.229, 0.224, 0.225),
) -> KnownNetwork:
    return KnownNetwork(
        labels=labels,
        size=size,
        colours="rgb",
        largest_pixel=1,
        mean=mean,
        std=std,
        address="https://github.com/sb-ai-lab/EmotiEffLib/tree/main/models/affectnet_emotions/onnx",
        rights=(
            "EmotiEffLib, code Apache-2.0. Trained on VGGFace2 and AffectNet, which are for research; "
            "whether that binds the weights is not settled."
        ),
        other_outputs=other_outputs,
    )


_FERPLUS = OFFICIAL_MODELS["ferplus"]
KNOWN_NETWORKS: MappingProxyType[str, KnownNetwork] = MappingProxyType(
    {
        "ferplus": KnownNetwork(
            labels=(
                *("Neutral", "Happiness", "Surprise", "Sadness"),
                *("Anger", "Disgust", "Fear", "Contempt"),
            ),
            size=64,
            colours="grey",
            largest_pixel=255,
            mean=(0.0,),
            std=(1.0,),
            address=_FERPLUS.address,
            rights=(
                f"FER+ of the ONNX Model Zoo, {_FERPLUS.licence}. Trained on FER2013, whose photographs were "
                "collected from the web; nobody licensed each."
            ),
            sha256=_FERPLUS.sha256,
        ),
        "emotieff-b0-8": _emotieff(_EIGHT, 224),
        "emotieff-b0-7": _emotieff(_SEVEN, 224),
        "emotieff-b0-mtl": _emotieff(_EIGHT, 224, other_outputs=2),
        "emotieff-b2-8": _emotieff(_EIGHT, 260),
        "emotieff-b2-7": _emotieff(_SEVEN, 260),
        "emotieff-mobilefacenet-mtl": _emotieff(_EIGHT, 112, other_outputs=2, mean=(0.5,), std=(0.5,)),
        "emotieff-mobilevit-mtl": _emotieff(_EIGHT, 224, other_outputs=2),
    }
)
"""EmotiEffLib's files are enet_b0_8_best_afew and enet_b0_8_best_vgaf (b0-8), enet_b0_7, enet_b0_8_va_mtl,
enet_b2_8, enet_b2_7, mbf_va_mtl and mobilevit_va_mtl. The SHA-256 of none of them is published."""
