"""Every verb of the front door, in one process that has no command line: examples, docstrings, threads.

    python front_door_walk.py EXAMPLES KERAS_FILE

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
import runpy
import signal
import sys
import time
import warnings
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from pathlib import Path

import ferfusion as fer

MODULES = (
    "datasets runs scores studies comparisons models predictions explanations live files installation"
).split()
FOLDERS = {"data": "work/data", "run": "work/run", "study": "work/study", "rendered": "work/rendered"}


def run_examples(folder, keras_file):
    """Run each script as a user does; return what each printed and the seconds that it took."""
    printed = {}
    for script in sorted(folder.glob("[0-9]*.py")):
        sys.argv = [str(script), keras_file]
        started = time.perf_counter()
        with contextlib.redirect_stdout(io.StringIO()) as shown:
            runpy.run_path(str(script), run_name="__main__")
        printed[script.name] = shown.getvalue()
        print(f"{script.name}: {time.perf_counter() - started:.1f} s")
    return printed


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
        "numpy random": np.random.get_state()[1].tobytes(),  # noqa: NPY002 the global one
        "torch random": torch.get_rng_state().numpy().tobytes(),
        "threads": torch.get_num_threads(),
        "default type": str(torch.get_default_dtype()),
        "gradients": torch.is_grad_enabled(),
        "figures": dict(mpl.rcParams),
        "table width": pd.get_option("display.width"),
    }


def run_docstrings():
    """Run the examples of every public docstring; return failures, and what each left changed."""
    failures, changed = [], {}
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


def run_in_threads():
    """Run verbs side by side; return the differences from what they give alone."""
    model = fer.load_model("run")
    videos = sorted((fer.sample_corpus() / "s06").glob("*/*_1.mp4"))[:4]
    alone = [model.predict(video).table for video in videos]
    with ThreadPoolExecutor(6) as threads:
        tables = threads.map(lambda video: model.predict(video).table, videos)
        runs = [
            threads.submit(
                fer.train, "data", f"threads/{number}", architecture="flow", epochs=1, batch_size=64, seed=3
            )
            for number in range(2)
        ]
        scores = threads.submit(lambda: fer.evaluate("run").scores)
        found = [first.equals(second) for first, second in zip(alone, tables, strict=True)]
        first, second = (run.result().predictions for run in runs)
        return {
            "predictions": all(found),
            "trainings": first.equals(second),
            "scores": len(scores.result()) == 12,
        }


def main():
    examples, keras_file = Path(sys.argv[1]), sys.argv[2]
    printed = run_examples(examples, keras_file)
    for name, target in FOLDERS.items():
        Path(name).symlink_to(target)
    failures, changed = run_docstrings()
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
