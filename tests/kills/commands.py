"""Kill a command at a moment, run it again, and compare its output with that of an uninterrupted run."""

import json
import os
import re
import shutil
import signal
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from types import MappingProxyType

import pandas as pd
import torch
from safetensors import safe_open

from ferfusion.cli import main

SAMPLE = Path(__file__).parents[2] / "src" / "ferfusion" / "sample"
SUBJECTS, LABELS = ("s01", "s02", "s03"), ("fear",)
_LIMIT_SECONDS = 300
_TIMES = re.compile(
    rb'[\d.,]+(?: |\xc2\xa0)(?:minute|second)s?|data-label="(?:Minutes a training|Peak MiB)">[^<]*'
)
"""Times and memory in a page."""
_TIME_COLUMNS = frozenset({"seconds", "minutes_each", "minutes", "peak_mib"})


@dataclass(frozen=True)
class Command:
    """A command of the program.

    Attributes:
        words: Its name and its arguments, in the folder of the inputs.
        out: The folder that it writes.
        needs: Other folders that it reads and may write into.
        earlier: Arguments of an earlier call, whose result it replaces; empty if it cannot.
    """

    words: tuple[str, ...]
    out: str
    needs: tuple[str, ...] = ()
    earlier: tuple[str, ...] = ()


_TRAIN = ("--device", "cpu", "--fusion", "gap-sum", "--stream", "listing", "--batch-size", "32")
_PREDICT = ("predict", "videos", "--bundle", "run", "--out", "out", "--device", "cpu")
_STUDY = ("study", "data", "study", "--variants", "fusion=gap-sum", "--variants", "fusion=gap-average")
COMMANDS: Mapping[str, Command] = MappingProxyType(
    {
        "prepare": Command(("prepare", "corpus", "data", "--detector", "haar", "--engine", "here"), "data"),
        "split": Command(
            ("split", "data", "--validation", "0.34", "--test", "0.33"),
            "data",
            (),
            ("split", "data", "--seed", "1"),
        ),
        "train": Command(("train", "data", "run", "--epochs", "2", *_TRAIN), "run", ("data",)),
        "study": Command(
            (*_STUDY, "--seeds", "1", "--epochs", "1", "--engine", "here", *_TRAIN), "study", ("data",)
        ),
        "evaluate": Command(
            ("evaluate", "run", "--resamples", "90"), "run", (), ("evaluate", "run", "--resamples", "60")
        ),
        "predict": Command(_PREDICT, "out", ("run",), (*_PREDICT, "--every", "3")),
        "export": Command(("export", "run", "onnx/model.onnx"), "onnx", ("run",)),
    }
)
"""The commands that are killed, each after those that make its inputs."""
FOR_OTHERS = ("prepare", "split", "train")
"""Commands that make the inputs of others."""


def make_inputs(folder: Path) -> None:
    """Write a corpus of a few rendered videos, and a folder of videos to predict."""
    for subject in SUBJECTS:
        for label in LABELS:
            shutil.copytree(SAMPLE / subject / label, folder / "corpus" / subject / label)
    shutil.copytree(SAMPLE / "s04" / "fear", folder / "videos")


def run(words: tuple[str, ...], folder: Path, *, kill_after: float | None = None) -> float:
    """Run a command in a folder, and return its seconds; its process group is killed after some of them.

    The process is a copy of this one, which has imported the libraries already.

    Raises:
        RuntimeError: it failed.
    """
    start = time.monotonic()
    child = os.fork()
    if not child:
        _become(words, folder)
    with suppress(PermissionError, ProcessLookupError):  # the child does the same, in either order
        os.setpgid(child, child)
    while not (ended := os.waitpid(child, os.WNOHANG))[0]:
        seconds = time.monotonic() - start
        if seconds > (_LIMIT_SECONDS if kill_after is None else kill_after):
            os.killpg(child, signal.SIGKILL)
            os.waitpid(child, 0)
            return seconds
        time.sleep(0.002)
    if ended[1]:
        log = (folder / "log.txt").read_text(encoding="utf-8")
        raise RuntimeError(f"{' '.join(words)} failed in {folder}: {log[-2000:]}")
    return time.monotonic() - start


def _become(words: tuple[str, ...], folder: Path) -> None:
    os.setpgid(0, 0)
    os.chdir(folder)
    log = os.open("log.txt", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(log, 1)
    os.dup2(log, 2)
    sys.argv = ["ferfusion", *words]
    status = 1
    try:
        main()
        status = 0
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


@dataclass(frozen=True)
class Rehearsed:
    """A command that ran without interruption.

    Attributes:
        command: The command.
        inputs: Folder with its inputs.
        seconds: Its time.
        content: What it wrote (see ``content_of``).
        before: What an earlier call wrote.
    """

    command: Command
    inputs: Path
    seconds: float
    content: Mapping[str, object]
    before: Mapping[str, object]


def rehearse(command: Command, inputs: Path, folder: Path) -> Rehearsed:
    """Run a command without interruption, and add its output to the inputs of the later ones.

    Args:
        command: The command.
        inputs: Folder with its inputs, where its output is put.
        folder: A new folder to run it in, the same for every run, because tables have its path.
    """
    before = _prepare_folder(command, inputs, folder)
    if command.earlier:
        run(command.earlier, folder)
        before = content_of(folder / command.out)
        shutil.copytree(folder / command.out, inputs / "earlier" / command.words[0])
    seconds = run(command.words, folder)
    shutil.rmtree(inputs / command.out, ignore_errors=True)
    shutil.copytree(folder / command.out, inputs / command.out)
    content = content_of(folder / command.out)
    shutil.rmtree(folder)
    return Rehearsed(command, inputs, seconds, content, before)


def _prepare_folder(command: Command, inputs: Path, folder: Path) -> Mapping[str, object]:
    """Copy the inputs of a command, and the output of an earlier call, into a new folder."""
    folder.mkdir()
    for name in ("corpus", "videos"):
        shutil.copytree(inputs / name, folder / name)
    for name in command.needs:
        shutil.copytree(inputs / name, folder / name)
    earlier = inputs / "earlier" / command.words[0]
    if command.earlier and (earlier.exists() or (inputs / command.out).exists()):
        shutil.copytree(earlier if earlier.exists() else inputs / command.out, folder / command.out)
        return content_of(folder / command.out)
    return {}


def faults_of(rehearsed: Rehearsed, folder: Path, *, fraction: float) -> list[str]:
    """Kill a command at a fraction of its seconds, run it again, and return what is wrong.

    Args:
        rehearsed: The command.
        folder: The folder that it was rehearsed in; it is made for this run.
        fraction: Share of its seconds after which it is killed.
    """
    command, wanted = rehearsed.command, rehearsed.content
    _prepare_folder(command, rehearsed.inputs, folder)
    run(command.words, folder, kill_after=fraction * rehearsed.seconds)
    faults = _mixed(content_of(folder / command.out), rehearsed) if command.earlier else []
    run(command.words, folder)
    found = content_of(folder / command.out)
    faults += [f"{name} is left" for name in sorted({*found} - {*wanted})]
    faults += [f"{name} is missing" for name in sorted({*wanted} - {*found})]
    faults += [f"{name} differs" for name in sorted({*wanted} & {*found}) if wanted[name] != found[name]]
    shutil.rmtree(folder)
    return faults


def _mixed(found: Mapping[str, object], rehearsed: Rehearsed) -> list[str]:
    """Return the results that have files of the earlier call and files of the killed one."""
    kinds: dict[str, set[str]] = {}
    for name, content in found.items():
        old, new = rehearsed.before.get(name), rehearsed.content.get(name)
        if name.startswith(".") or "/." in name or old == new:
            continue
        unit = name.partition("/")[0] if rehearsed.command.out == "out" else "result"
        kinds.setdefault(unit, set()).add("old" if content == old else "new" if content == new else "neither")
    return [f"{unit} has files of {', '.join(each)}" for unit, each in kinds.items() if len(each) > 1]


def content_of(folder: Path) -> dict[str, object]:
    """Return the content of every file in a folder, by its path; times are left out."""
    return {
        path.relative_to(folder).as_posix(): _content(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def _content(path: Path) -> object:
    """Return the content of a file, without times."""
    if path.name.startswith("."):
        return "temporary"
    match path.name:
        case "cost.json":  # minutes and memory
            return sorted(json.loads(path.read_text(encoding="utf-8")))
        case "metrics.csv" | "costs.csv":
            table = pd.read_csv(StringIO(path.read_text(encoding="utf-8")), dtype=str)
            return table.drop(columns=[name for name in table if name in _TIME_COLUMNS]).to_csv()
        case "last.ckpt":  # it has the rows of metrics.csv
            state = torch.load(path, map_location="cpu", weights_only=True)
            return {name: tensor.numpy().tobytes() for name, tensor in state["state_dict"].items()}
        case "bundle.safetensors":
            with safe_open(path, framework="np") as file:
                metadata = dict(file.metadata())
                training = json.loads(metadata.pop("training"))
                training.pop("seconds")
                tensors = {name: file.get_tensor(name).tobytes() for name in file.keys()}  # noqa: SIM118
            return metadata, training, tensors
        case _:
            return _TIMES.sub(b"", path.read_bytes())
