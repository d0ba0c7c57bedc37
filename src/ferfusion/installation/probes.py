"""Probes of an installation; each runs in a separate process.

A package that is broken, or that ends the process that imports it, affects its own probe only.
``python -m ferfusion.installation.probes NAME`` prints the result of a probe as JSON.
"""

import importlib.metadata
import json
import re
import sys
import tempfile
import time
from collections.abc import Callable
from importlib import import_module
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType
from typing import Any

Facts = dict[str, Any]
CODECS = MappingProxyType({"r": ("h264", "hevc", "mpeg4", "vp9", "aac"), "w": ("libx264", "aac")})
"""Codecs that are decoded (r) and encoded (w)."""


def probe_packages() -> Facts:
    """Return the installed version of every requirement of this package and of its extras."""
    requirements = import_module("packaging.requirements")
    needed: dict[str, str | None] = {}
    extras: dict[str, dict[str, str | None]] = {}
    for line in importlib.metadata.requires("ferfusion") or []:
        requirement = requirements.Requirement(line)
        found = _fitting_version(requirement)
        extra = re.search(r"""extra == ['"]([\w-]+)""", line)
        wanted = f"{requirement.name}{requirement.specifier}"
        if extra is None:
            needed[wanted] = found
        else:
            extras.setdefault(extra[1], {})[wanted] = found
    return {"python": sys.version.split()[0], "needed": needed, "extras": extras}


def _fitting_version(requirement: Any) -> str | None:
    """Return the installed version, after "unfit" if it does not fit; None if it is missing."""
    try:
        found = importlib.metadata.version(requirement.name)
    except importlib.metadata.PackageNotFoundError:
        return None
    return found if requirement.specifier.contains(found, prereleases=True) else f"unfit {found}"


def probe_opencv() -> Facts:
    """Return OpenCV's version, the wheels that installed it, and the missing modules and cascade files."""
    wheels = sorted(set(importlib.metadata.packages_distributions().get("cv2", ())))
    cv2 = import_module("cv2")
    if not hasattr(cv2, "CascadeClassifier"):
        return {"version": cv2.__version__, "wheels": wheels, "lacking": ["Haar, which version 5 dropped"]}
    folder = Path(cv2.data.haarcascades)
    cascades = import_module("ferfusion.faces.haar").HaarDetector.cascades
    return {
        "version": cv2.__version__,
        "wheels": wheels,
        "lacking": [
            *(name for name in ("optflow", "DISOpticalFlow", "FaceDetectorYN") if not hasattr(cv2, name)),
            *(str(folder / name) for name in cascades if not _is_cascade(cv2, folder / name)),
        ],
    }


def _is_cascade(cv2: Any, path: Path) -> bool:
    return path.is_file() and not cv2.CascadeClassifier(str(path)).empty()


def probe_ffmpeg() -> Facts:
    """Return the versions of PyAV and of its FFmpeg, and the missing codecs."""
    av = import_module("av")
    missing = [
        f"{name} ({'decoding' if mode == 'r' else 'encoding'})"
        for mode, names in CODECS.items()
        for name in names
        if not _has_codec(av, name, mode)
    ]
    version = ".".join(map(str, av.library_versions["libavcodec"]))
    return {"version": av.__version__, "libavcodec": version, "missing_codecs": missing}


def _has_codec(av: Any, name: str, mode: str) -> bool:
    try:
        av.Codec(name, mode)
    except av.codec.codec.UnknownCodecError:
        return False
    return True


def probe_torch() -> Facts:
    """Return torch's version, and the device on which a small convolution ran."""
    torch = import_module("torch")
    device = "cuda" if torch.cuda.is_available() else "cpu"
    image = torch.linspace(0, 1, 3 * 48 * 48).reshape(1, 3, 48, 48)
    layer = torch.nn.Conv2d(3, 8, 5)
    with torch.inference_mode():
        here, there = layer(image), layer.to(device)(image.to(device)).cpu()
    return {
        "version": torch.__version__,
        "cuda": torch.version.cuda,
        "device": device,
        "device_name": torch.cuda.get_device_name() if device == "cuda" else "processor",
        "threads": torch.get_num_threads(),
        "difference": float((here - there).abs().max()),
        "bfloat16_share": _bfloat16_share(torch) if device == "cpu" else None,
    }


def _bfloat16_share(torch: Any) -> float:
    """Return the time of a convolution's training step in bfloat16, as a share of that in 32 bits."""
    layer = torch.nn.Conv2d(64, 64, 3).to(memory_format=torch.channels_last)
    image = torch.rand(16, 64, 24, 24).to(memory_format=torch.channels_last).requires_grad_()

    def seconds(*, enabled: bool) -> float:
        start = time.perf_counter()
        with torch.autocast("cpu", torch.bfloat16, enabled=enabled):
            loss = layer(image).square().mean()
        loss.backward()
        return time.perf_counter() - start

    times = [(seconds(enabled=True), seconds(enabled=False)) for _ in range(20)]
    narrow, wide = map(min, zip(*times, strict=True))
    return float(narrow / wide)


def probe_torchvision() -> Facts:
    """Return torchvision's version; ferfusion does not need it, but lightning imports it if it is there."""
    if find_spec("torchvision") is None:
        return {"version": None}
    return {"version": import_module("torchvision").__version__}


def probe_lightning() -> Facts:
    """Return the version of lightning, which imports torchvision if it is installed."""
    import_module("lightning.pytorch")
    return {"version": importlib.metadata.version("lightning")}


def probe_prediction() -> Facts:
    """Predict a sample video with an untrained model; name the detector of the model in the package."""
    bundle, build = import_module("ferfusion.bundle"), import_module("ferfusion.models.build")
    config = import_module("ferfusion.models.config").ModelConfig()
    labels = import_module("ferfusion.label_set").SIX
    recipe = import_module("ferfusion.preparation.recipe").PrepareRecipe()
    weights = build.build_model(config, len(labels)).state_dict()
    untrained = bundle.Bundle(weights, config, labels, recipe, {}, {}, "")
    predictor = import_module("ferfusion.inference.predictor").TorchPredictor(untrained)
    video = sorted(Path(str(files("ferfusion") / "sample")).rglob("*.mp4"))[0]
    read_frames = import_module("ferfusion.video.reader").read_frames
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        predict_video = import_module("ferfusion.inference.predict_video").predict_video
        table = predict_video(video, predictor, Path(folder)).table
        seconds = time.perf_counter() - start
        annotated = sum(1 for _ in read_frames(Path(folder) / "annotated.mp4"))
    return {
        "frames": sum(1 for _ in read_frames(video)),
        "rows": len(table),
        "faces": int((table["status"] == "ok").sum()),
        "annotated": annotated,
        "seconds": seconds,
        "detector": import_module("ferfusion.inference.predictor")
        .load_predictor()
        .info.prepare_recipe.detector,
    }


PROBES: MappingProxyType[str, Callable[[], Facts]] = MappingProxyType(
    {
        "packages": probe_packages,
        "opencv": probe_opencv,
        "ffmpeg": probe_ffmpeg,
        "torch": probe_torch,
        "torchvision": probe_torchvision,
        "lightning": probe_lightning,
        "prediction": probe_prediction,
    }
)

if __name__ == "__main__":
    print(json.dumps(PROBES[sys.argv[1]]()))
