"""Check an installation: what works, what does not work, and the command that fixes it."""

import json
import platform
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from ferfusion.installation.probes import PROBES, Facts

WORTH_BFLOAT16 = 0.7
"""Training is faster in bfloat16 if a convolution takes at most this share of its time in 32 bits."""

_TIME_LIMIT_SECONDS = 180
_OPENCV = "opencv-contrib-python-headless>=4.13,<5"
_NOT_FOR_USERS = ("dev",)
_DETECTOR_RIGHTS = MappingProxyType(
    {
        "mtcnn": "mtcnn, for the model that comes with ferfusion; by their author, its weights are "
        "not for commercial use; ferfusion fetch yunet brings a detector under Apache-2.0",
        "yunet": "yunet (Apache-2.0), for the model that comes with ferfusion",
    }
)


@dataclass(frozen=True)
class Finding:
    """The result of one check.

    Attributes:
        name: Name of the check.
        state: ``ok``, ``note`` if something optional is missing, or ``fault``.
        found: What was found.
        fix: The command that fixes a fault or installs what is missing; empty if there is nothing to do.
    """

    name: str
    state: str
    found: str
    fix: str = ""


@dataclass(frozen=True)
class Failure:
    """Why a probe has no result."""

    reason: str


ProbeResult = Facts | Failure


def check_installation() -> Iterator[Finding]:
    """Run all probes, two at a time, and yield the findings."""
    yield check_system(platform.system())
    with ThreadPoolExecutor(max_workers=2) as workers:
        results = dict(zip(PROBES, workers.map(run_probe, PROBES), strict=True))
    for name, check in CHECKS.items():
        yield from check(results[name], results)


def check_system(system: str) -> Finding:
    """Say what is not tried or missing on a system, by its name as ``platform.system`` has it."""
    if system == "Linux":
        return Finding("system", "ok", system)
    missing = (
        "; there is no app, and files that others made are read without limits" if system == "Windows" else ""
    )
    return Finding("system", "note", f"{system}, on which ferfusion was never run{missing}")


def run_probe(probe: str) -> ProbeResult:
    """Run one probe in a separate process."""
    command = [sys.executable, "-W", "ignore", "-m", "ferfusion.installation.probes", probe]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=_TIME_LIMIT_SECONDS
        )
    except subprocess.TimeoutExpired:
        return Failure(f"no result within {_TIME_LIMIT_SECONDS} seconds")
    if done.returncode < 0:
        return Failure(f"the process was ended by {signal.Signals(-done.returncode).name}")
    if done.returncode:
        lines = [line.strip() for line in done.stderr.splitlines() if line.strip()]
        return Failure(lines[-1] if lines else f"exit code {done.returncode}")
    facts: Facts = json.loads(done.stdout.splitlines()[-1])
    return facts


def check_packages(result: ProbeResult, _: dict[str, ProbeResult]) -> Iterator[Finding]:
    """Check the versions of all needed packages and of the extras."""
    if isinstance(result, Failure):
        yield Finding("packages", "fault", result.reason, "pip install --force-reinstall ferfusion")
        return
    wrong = {wanted: found for wanted, found in result["needed"].items() if _is_wrong(found)}
    for wanted, found in wrong.items():
        state = f"{found.removeprefix('unfit ')} is installed" if found else "is not installed"
        yield Finding("packages", "fault", f"{wanted} is needed, {state}", f"pip install '{wanted}'")
    if not wrong:
        count = len(result["needed"])
        yield Finding("packages", "ok", f"Python {result['python']}; all {count} needed packages fit")
    for extra, packages in sorted(result["extras"].items()):
        if extra in _NOT_FOR_USERS:
            continue
        if any(_is_wrong(found) for found in packages.values()):
            missing = ", ".join(wanted for wanted, found in packages.items() if _is_wrong(found))
            line = f"pip install 'ferfusion[{extra}]'"
            yield Finding(f"extra {extra}", "note", f"not installed: {missing}", line)
        else:
            versions = (f"{_name(wanted)} {found}" for wanted, found in packages.items())
            yield Finding(f"extra {extra}", "ok", ", ".join(versions))


def _is_wrong(found: str | None) -> bool:
    return found is None or found.startswith("unfit ")


def _name(wanted: str) -> str:
    return wanted.partition(">")[0].partition("<")[0].partition("=")[0].partition("!")[0]


def check_opencv(result: ProbeResult, _: dict[str, ProbeResult]) -> Iterator[Finding]:
    """Check for wheels that overwrite each other, for missing modules and for missing cascade files."""
    reinstall = f"pip uninstall -y opencv-contrib-python-headless && pip install '{_OPENCV}'"
    if isinstance(result, Failure):
        yield Finding("OpenCV", "fault", f"cannot be imported: {result.reason}", reinstall)
        return
    wheels = result["wheels"]
    if len(wheels) > 1:
        yield Finding(
            "OpenCV",
            "fault",
            f"{' and '.join(wheels)} are installed into the same folder and overwrite each other",
            f"pip uninstall -y {' '.join(wheels)} && pip install '{_OPENCV}'",
        )
        return
    if result["lacking"]:
        yield Finding(
            "OpenCV", "fault", f"{result['version']} lacks {', '.join(result['lacking'])}", reinstall
        )
        return
    yield Finding("OpenCV", "ok", f"{result['version']}, with Haar and its files, and all flow estimators")


def check_ffmpeg(result: ProbeResult, _: dict[str, ProbeResult]) -> Iterator[Finding]:
    """Check for missing codecs."""
    reinstall = "pip install --force-reinstall --only-binary av av"
    if isinstance(result, Failure):
        yield Finding("FFmpeg", "fault", f"PyAV cannot be imported: {result.reason}", reinstall)
        return
    version = f"PyAV {result['version']}, libavcodec {result['libavcodec']}"
    if result["missing_codecs"]:
        yield Finding("FFmpeg", "fault", f"{version}, lacks {', '.join(result['missing_codecs'])}", reinstall)
        return
    yield Finding("FFmpeg", "ok", f"{version}, with all codecs that are read and written")


def check_torch(result: ProbeResult, _: dict[str, ProbeResult]) -> Iterator[Finding]:
    """Check the device that torch uses."""
    if isinstance(result, Failure):
        yield Finding("torch", "fault", result.reason, "pip install --force-reinstall torch")
        return
    ran = f"{result['version']}, a convolution ran on the {result['device_name']}"
    if result["difference"] > 1e-2:
        yield Finding(
            "torch",
            "fault",
            f"{ran} and its result differs from the processor (by {result['difference']:.2g})",
            "CUDA_VISIBLE_DEVICES= ferfusion ... (runs without the GPU), and update the driver of the GPU",
        )
    elif result["device"] == "cuda":
        yield Finding("torch", "ok", f"{ran}: train and predict use it")
    elif shutil.which("nvidia-smi") and result["cuda"] is None:
        fix = "install a CUDA build of torch: see pytorch.org, Get started"
        yield Finding("torch", "note", f"{ran} ({result['threads']} threads); this build uses no GPU", fix)
    else:
        why = f"; built for CUDA {result['cuda']}, but there is no GPU" if result["cuda"] else ""
        yield Finding("torch", "ok", f"{ran} ({result['threads']} threads){why}{_hint(result)}")


def _hint(result: Facts) -> str:
    share = result["bfloat16_share"]
    if share is None or share > WORTH_BFLOAT16:
        return ""
    return f"; a convolution takes {share:.0%} of its time in bfloat16: train --precision bf16-mixed"


def check_lightning(result: ProbeResult, results: dict[str, ProbeResult]) -> Iterator[Finding]:
    """Check whether training can start; a torchvision that does not fit torch prevents it."""
    vision = results["torchvision"]
    if isinstance(vision, Failure):
        yield Finding(
            "torchvision",
            "fault",
            f"does not fit torch: {vision.reason}; training imports it if it is installed",
            "pip uninstall -y torchvision (ferfusion does not need it)",
        )
    elif vision["version"] is not None:
        yield Finding("torchvision", "ok", f"{vision['version']}, fits torch")
    if isinstance(result, Failure):
        if not isinstance(vision, Failure):
            fix = "pip install --force-reinstall lightning"
            yield Finding("lightning", "fault", result.reason, fix)
        return
    yield Finding("lightning", "ok", result["version"])


def check_prediction(result: ProbeResult, _: dict[str, ProbeResult]) -> Iterator[Finding]:
    """Check the prediction of a sample video."""
    reinstall = "fix the faults above; if there is none, pip install --force-reinstall ferfusion"
    if isinstance(result, Failure):
        yield Finding("prediction", "fault", result.reason, reinstall)
        return
    frames = result["frames"]
    found = (
        f"a sample video of {frames} frames: {result['rows']} rows, a face in {result['faces']} frames, "
        f"{result['annotated']} drawn, {frames / result['seconds']:.0f} frames/s, start included"
    )
    good = result["rows"] == result["annotated"] == frames and result["faces"] > 0.9 * frames
    yield Finding("prediction", "ok", found) if good else Finding("prediction", "fault", found, reinstall)
    yield Finding("face detector", "ok", _DETECTOR_RIGHTS[result["detector"]])


CHECKS: MappingProxyType[str, Callable[[Any, dict[str, Any]], Iterator[Finding]]] = MappingProxyType(
    {
        "packages": check_packages,
        "opencv": check_opencv,
        "ffmpeg": check_ffmpeg,
        "torch": check_torch,
        "lightning": check_lightning,
        "prediction": check_prediction,
    }
)
