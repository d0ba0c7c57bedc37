"""Look an installation over: what works, what does not, and the line that mends it."""

import json
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
"""A convolution that takes no more than this share of its time in bfloat16 makes training quicker."""

_TIME_LIMIT_SECONDS = 180
_OPENCV = "opencv-contrib-python-headless>=4.10,<5"
_NOT_FOR_USERS = ("dev",)


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        name: What it is.
        state: ``ok``; ``note``, where something is not there that need not be; or ``fault``.
        says: What was found.
        mend: The line that mends it, or that adds what is not there; empty where nothing is to be done.
    """

    name: str
    state: str
    says: str
    mend: str = ""


@dataclass(frozen=True)
class Failure:
    """A question that got no answer, and why."""

    reason: str


Answer = Facts | Failure


def examine() -> Iterator[Finding]:
    """Yield the findings on this installation."""
    with ThreadPoolExecutor(max_workers=2) as workers:
        answers = dict(zip(PROBES, workers.map(ask, PROBES), strict=True))
    for name, judge in JUDGES.items():
        yield from judge(answers[name], answers)


def ask(probe: str) -> Answer:
    """Ask one question in a process of its own."""
    command = [sys.executable, "-W", "ignore", "-m", "ferfusion.installation.probes", probe]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=_TIME_LIMIT_SECONDS
        )
    except subprocess.TimeoutExpired:
        return Failure(f"no answer within {_TIME_LIMIT_SECONDS} seconds")
    if done.returncode < 0:
        return Failure(f"the process was ended by {signal.Signals(-done.returncode).name}")
    if done.returncode:
        lines = [line.strip() for line in done.stderr.splitlines() if line.strip()]
        return Failure(lines[-1] if lines else f"exit code {done.returncode}")
    facts: Facts = json.loads(done.stdout.splitlines()[-1])
    return facts


def judge_packages(answer: Answer, _: dict[str, Answer]) -> Iterator[Finding]:
    """Tell of missing and unfit packages, and of the extras."""
    if isinstance(answer, Failure):
        yield Finding("packages", "fault", answer.reason, "pip install --force-reinstall ferfusion")
        return
    wrong = {wanted: found for wanted, found in answer["needed"].items() if _is_wrong(found)}
    for wanted, found in wrong.items():
        state = f"{found.removeprefix('unfit ')} is installed" if found else "is not installed"
        yield Finding("packages", "fault", f"{wanted} is needed, {state}", f"pip install '{wanted}'")
    if not wrong:
        count = len(answer["needed"])
        yield Finding("packages", "ok", f"Python {answer['python']}; all {count} needed packages fit")
    for extra, packages in sorted(answer["extras"].items()):
        if extra in _NOT_FOR_USERS:
            continue
        if any(_is_wrong(found) for found in packages.values()):
            lacking = ", ".join(wanted for wanted, found in packages.items() if _is_wrong(found))
            line = f"pip install 'ferfusion[{extra}]'"
            yield Finding(f"extra {extra}", "note", f"not installed: {lacking}", line)
        else:
            versions = (f"{_name(wanted)} {found}" for wanted, found in packages.items())
            yield Finding(f"extra {extra}", "ok", ", ".join(versions))


def _is_wrong(found: str | None) -> bool:
    return found is None or found.startswith("unfit ")


def _name(wanted: str) -> str:
    return wanted.partition(">")[0].partition("<")[0].partition("=")[0].partition("!")[0]


def judge_opencv(answer: Answer, _: dict[str, Answer]) -> Iterator[Finding]:
    """Tell of a wheel that overwrote another, and of missing parts and cascade files."""
    anew = f"pip uninstall -y opencv-contrib-python-headless && pip install '{_OPENCV}'"
    if isinstance(answer, Failure):
        yield Finding("OpenCV", "fault", f"cannot be imported: {answer.reason}", anew)
        return
    wheels = answer["wheels"]
    if len(wheels) > 1:
        yield Finding(
            "OpenCV",
            "fault",
            f"{' and '.join(wheels)} are installed into the same folder and overwrite each other",
            f"pip uninstall -y {' '.join(wheels)} && pip install '{_OPENCV}'",
        )
        return
    if answer["lacking"]:
        yield Finding("OpenCV", "fault", f"{answer['version']} lacks {', '.join(answer['lacking'])}", anew)
        return
    yield Finding("OpenCV", "ok", f"{answer['version']}, with Haar and its files, and all flow estimators")


def judge_ffmpeg(answer: Answer, _: dict[str, Answer]) -> Iterator[Finding]:
    """Tell of codecs that FFmpeg lacks."""
    anew = "pip install --force-reinstall --only-binary av av"
    if isinstance(answer, Failure):
        yield Finding("FFmpeg", "fault", f"PyAV cannot be imported: {answer.reason}", anew)
        return
    version = f"PyAV {answer['version']}, libavcodec {answer['libavcodec']}"
    if answer["missing_codecs"]:
        yield Finding("FFmpeg", "fault", f"{version}, lacks {', '.join(answer['missing_codecs'])}", anew)
        return
    yield Finding("FFmpeg", "ok", f"{version}, with all codecs that are read and written")


def judge_torch(answer: Answer, _: dict[str, Answer]) -> Iterator[Finding]:
    """Tell which device torch really runs on."""
    if isinstance(answer, Failure):
        yield Finding("torch", "fault", answer.reason, "pip install --force-reinstall torch")
        return
    ran = f"{answer['version']}, a convolution ran on the {answer['device_name']}"
    if answer["difference"] > 1e-2:
        yield Finding(
            "torch",
            "fault",
            f"{ran} and gave other numbers than on the processor (by {answer['difference']:.2g})",
            "CUDA_VISIBLE_DEVICES= ferfusion ... (to do without the GPU), and renew its driver",
        )
    elif answer["device"] == "cuda":
        yield Finding("torch", "ok", f"{ran}: train uses it; predict runs on the processor")
    elif shutil.which("nvidia-smi") and answer["cuda"] is None:
        mend = "install a CUDA build of torch: see pytorch.org, Get started"
        yield Finding("torch", "note", f"{ran} ({answer['threads']} threads); this build uses no GPU", mend)
    else:
        why = f"; built for CUDA {answer['cuda']}, which finds no GPU" if answer["cuda"] else ""
        yield Finding("torch", "ok", f"{ran} ({answer['threads']} threads){why}{_hint(answer)}")


def _hint(answer: Facts) -> str:
    share = answer["bfloat16_share"]
    if share is None or share > WORTH_BFLOAT16:
        return ""
    return f"; a convolution takes {share:.0%} of its time in bfloat16: train --precision bf16-mixed"


def judge_lightning(answer: Answer, answers: dict[str, Answer]) -> Iterator[Finding]:
    """Tell whether training can start; a torchvision that does not fit torch stops it."""
    vision = answers["torchvision"]
    if isinstance(vision, Failure):
        yield Finding(
            "torchvision",
            "fault",
            f"does not fit torch: {vision.reason}; training imports it where it is installed",
            "pip uninstall -y torchvision (ferfusion does not need it)",
        )
    elif vision["version"] is not None:
        yield Finding("torchvision", "ok", f"{vision['version']}, fits torch")
    if isinstance(answer, Failure):
        if not isinstance(vision, Failure):
            mend = "pip install --force-reinstall lightning"
            yield Finding("lightning", "fault", answer.reason, mend)
        return
    yield Finding("lightning", "ok", answer["version"])


def judge_prediction(answer: Answer, _: dict[str, Answer]) -> Iterator[Finding]:
    """Tell whether a sample video went all the way through."""
    anew = "mend the faults above; if there is none, pip install --force-reinstall ferfusion"
    if isinstance(answer, Failure):
        yield Finding("prediction", "fault", answer.reason, anew)
        return
    frames = answer["frames"]
    says = (
        f"a sample video of {frames} frames: a row for {answer['rows']}, a face in {answer['faces']}, "
        f"{answer['annotated']} drawn, {frames / answer['seconds']:.0f} frames/s with the first start"
    )
    good = answer["rows"] == answer["annotated"] == frames and answer["faces"] > 0.9 * frames
    yield Finding("prediction", "ok", says) if good else Finding("prediction", "fault", says, anew)


JUDGES: MappingProxyType[str, Callable[[Any, dict[str, Any]], Iterator[Finding]]] = MappingProxyType(
    {
        "packages": judge_packages,
        "opencv": judge_opencv,
        "ffmpeg": judge_ffmpeg,
        "torch": judge_torch,
        "lightning": judge_lightning,
        "prediction": judge_prediction,
    }
)
