"""Every verb of the front door, in one process that has no command line: examples, docstrings, threads.

    python front_door_walk.py EXAMPLES KERAS_FILE ONNX_FILE

Runs in an empty folder and prints what it found as JSON on the last line.
"""

import contextlib
import doctest
import io
import json
import logging
import multiprocessing
import os
import random
import re
import runpy
import shutil
import signal
import sys
import time
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from pathlib import Path
from typing import Any

import ferfusion as fer

MODULES = (
    "datasets runs evaluations scores studies tabulations checks comparisons models predictions explanations "
    "live files foreign installation agreements label_projects label_queues"
).split()
README_SHORTER = {"epochs=20": "epochs=2, batch_size=32"}
"""Settings of the README's script that the walk changes, so that its run is the one that is there already."""
SMALL = "listing-16-32"
"""The stream of what is trained for threads: how many channels it has makes no difference there."""
FOLDERS = {"data": "work/data", "run": "work/run", "study": "work/study", "rendered": "work/rendered"}


def run_examples(folder, files):
    """Run each script as a user does, with its file; return what each printed."""
    printed = {}
    for script in sorted(folder.glob("[0-9]*.py")):
        text = script.read_text(encoding="utf-8")
        sys.argv = [str(script), *(str(file) for file in files if f"{file.suffix}." in text)]
        started = time.perf_counter()
        with contextlib.redirect_stdout(io.StringIO()) as shown:
            runpy.run_path(str(script), run_name="__main__")
        printed[script.name] = shown.getvalue()
        print(f"{script.name}: {time.perf_counter() - started:.1f} s")
    return printed | {"README": run_readme(folder.parents[1] / "README.md")}


def run_readme(page):
    """Run the README's script on a video of the sample corpus; return what it printed."""
    [script, *_] = re.findall(r"```python\n(.+?)```", page.read_text(encoding="utf-8"), re.S)
    for given, shorter in README_SHORTER.items():
        assert given in script
        script = script.replace(given, shorter)
    shutil.copy(fer.sample_corpus() / "s06" / "fear" / "s06_fear_1.mp4", "clip.mp4")
    with contextlib.redirect_stdout(io.StringIO()) as shown:
        exec(compile(script, "README.md", "exec"), {"__name__": "__main__"})
    return shown.getvalue()


def globals_now():
    """Return what must be the same after a verb as before it."""
    import matplotlib as mpl
    import numpy as np
    import pandas as pd
    import torch

    root = logging.getLogger()
    return {
        "environment": dict(os.environ),
        "folder": os.getcwd(),  # noqa: PTH109
        "path": list(sys.path),
        "main": sys.modules["__main__"].__name__,
        "warnings": list(warnings.filters),
        "log level": (root.level, root.manager.disable, len(root.handlers)),
        "signals": [signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)],
        "start method": multiprocessing.get_start_method(allow_none=True),
        "random": hash(random.getstate()),
        "numpy random": np.random.get_state(legacy=False)["state"]["key"].tobytes(),  # noqa: NPY002 the global one
        "torch random": torch.get_rng_state().numpy().tobytes(),
        "threads": torch.get_num_threads(),
        "default type": str(torch.get_default_dtype()),
        "gradients": torch.is_grad_enabled(),
        "figures": dict(mpl.rcParams),
        "table width": pd.get_option("display.width"),
    }


def run_docstrings():
    """Run the examples of every public docstring; return failures, and what each left changed."""
    failures: list[str] = []
    changed: dict[str, bool] = {}
    names = {name: getattr(fer, name) for name in fer.__all__}
    for module_name in MODULES:
        module = import_module(f"ferfusion.api.{module_name}")
        for case in doctest.DocTestFinder(exclude_empty=True).find(module, extraglobs={**names, "fer": fer}):
            if not case.examples:
                continue
            before, report = globals_now(), io.StringIO()
            doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE).run(case, out=report.write)
            failures += [report.getvalue()] if report.getvalue() else []
            after = globals_now()
            changed |= {f"{case.name}: {key}": True for key in before if before[key] != after[key]}
    return failures, sorted(changed)


def prepare_small():
    """Prepare and train, in the folder small, what threads and notebook use: 36 videos of 6 people."""
    for video in fer.sample_corpus().glob("s0[1-6]/*/*_1.mp4"):
        place = Path("small/corpus") / video.relative_to(fer.sample_corpus())
        place.parent.mkdir(parents=True)
        place.symlink_to(video)
    fer.prepare("small/corpus", "small/data", corpus="folder", keep_every=8).split(seed=0)
    fer.train("small/data", "small/run", fusion="gap-concat", stream=SMALL, epochs=1, batch_size=64)


def run_in_threads():
    """Use every verb in threads, side by side; return what differs from what it gives alone."""
    model = fer.load_model("run")
    videos = sorted((fer.sample_corpus() / "s06").glob("*/*_1.mp4"))[:4]
    alone = [model.predict(video).table for video in videos]
    settings: dict[str, Any] = {
        "architecture": "flow",
        "stream": SMALL,
        "epochs": 1,
        "batch_size": 64,
        "seed": 3,
    }
    study: dict[str, Any] = {
        "variants": ["fusion=gap-concat", "fusion=gap-sum"],
        "stream": SMALL,
        "seeds": 2,
        "epochs": 1,
        "batch_size": 64,
    }
    verbs: dict[str, Callable[[], Any]] = {
        "prepare": lambda: fer.prepare("small/corpus", "small/data", corpus="folder", keep_every=8),
        "split": lambda: fer.split("small/data", seed=0),
        "first training": lambda: fer.train("small/data", "threads/0", **settings),
        "second training": lambda: fer.train("small/data", "threads/1", **settings),
        "evaluate": lambda: fer.evaluate("small/run"),
        "study": lambda: fer.study("small/data", "small/study", **study),
        "compare": lambda: fer.compare(["run", "study/runs/gap-sum/fold0-seed0"]),
        "explain": lambda: fer.explain("small/run", examples=1),
        "explain_video": lambda: fer.explain_video(videos[0], "threads/explained", model="run"),
        "live": lambda: list(fer.live(videos[0], model="run", seconds=0.2)),
        "export": lambda: fer.export("small/run", "threads/model.onnx"),
        "synthesize": lambda: fer.synthesize("rendered", subjects=1, clips=1, frames=12, size=64),
        "doctor": fer.doctor,
    }
    with ThreadPoolExecutor(6) as threads:
        tables = threads.map(lambda video: model.predict(video).table, videos)
        results = {name: threads.submit(verb) for name, verb in verbs.items()}
        found = [one.equals(other) for one, other in zip(alone, tables, strict=True)]
        done = {name: result.result() for name, result in results.items()}
    first, second = (done[f"{which} training"].predictions for which in ("first", "second"))
    return {"verbs": sorted(done), "predictions": all(found), "trainings": first.equals(second)}


def main():
    examples, *files = map(Path, sys.argv[1:])
    printed = run_examples(examples, files)
    for name, target in FOLDERS.items():
        Path(name).symlink_to(target)
    failures, changed = run_docstrings()
    prepare_small()
    found = {
        "printed": printed,
        "failures": failures,
        "changed": changed,
        "threads": run_in_threads(),
        "command line": [name for name in sys.modules if name.startswith(("ferfusion.cli", "cyclopts"))],
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main()
