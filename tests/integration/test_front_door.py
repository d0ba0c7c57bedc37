"""The front door, walked as a user walks it: examples, docstrings, threads, a notebook."""

import json
import os
import re
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from queue import Empty

import pytest

from helpers.foreign_networks import write_network
from helpers.keras_files import unpack

EXAMPLES = Path(__file__).parents[2] / "examples"
WALK = Path(__file__).parents[1] / "helpers" / "front_door_walk.py"
VERBS = {
    "check",
    "compare",
    "doctor",
    "evaluate",
    "explain",
    "export",
    "import_keras",
    "import_onnx",
    "label_queue",
    "labels",
    "live",
    "load_model",
    "predict",
    "prepare",
    "split",
    "study",
    "synthesize",
    "tabulate",
    "train",
}


def walk(folder):
    """What a process found that used every verb, three times."""
    files = [
        unpack("keras2_flatten_concat.h5", folder.parent),
        write_network(folder.parent / "theirs.onnx", shape=("batch", 3, 224, 224)),
    ]
    done = subprocess.run(
        [sys.executable, "-W", "error::FutureWarning", str(WALK), str(EXAMPLES / "api"), *map(str, files)],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1]) | {"stderr": done.stderr}


def test_there_is_an_example_of_at_most_25_lines_with_one_import_line_of_ours_for_each_verb():
    texts = [path.read_text(encoding="utf-8") for path in (EXAMPLES / "api").glob("[0-9]*.py")]
    assert max(len(text.splitlines()) for text in texts) <= 25
    ours = [re.findall(r"^(?:import|from) ferfusion.*", text, re.M) for text in texts]
    assert all(lines == ["import ferfusion as fer"] for lines in ours)
    used = set(re.findall(r"(?:fer|model|data|study|comparison|several)\.(\w+)\(", "".join(texts)))
    methods = {"Run": "evaluate", "Dataset": "split"}
    assert VERBS - used - set(methods.values()) == set()


def test_every_example_of_the_shell_has_its_twin_in_python():
    in_shell = {path.stem for path in (EXAMPLES / "cli").glob("*.sh")}
    in_python = {path.stem for path in (EXAMPLES / "api").glob("[0-9]*.py")}
    assert in_python - in_shell == {"09_predict_frames"}  # frames in memory have no command
    assert in_shell - in_python == {"18_study_corpora"}  # in Python examples/across_corpora.py, which renders


def check_walk(found, subtests):
    printed = found["printed"]
    with subtests.test("every example runs and shows something"):
        assert len(printed) == len(list((EXAMPLES / "api").glob("[0-9]*.py"))) + 1  # and the README's
        assert all(text.strip() for text in printed.values())
        for column in ("value", "low", "high", "baseline", "people"):
            assert column in printed["04_evaluate.py"]
    with subtests.test("every example of a docstring gives what it says"):
        assert found["failures"] == []
    with subtests.test("nothing global changes"):
        assert found["changed"] == []
    with subtests.test("nothing is printed but by the caller"):
        assert found["stderr"] == ""
    with subtests.test("no verb needs the command line"):
        assert found["command line"] == []
    with subtests.test("every verb runs in threads and gives what it gives alone"):
        assert len(found["threads"]["verbs"]) == 13
        assert found["threads"]["predictions"]
        assert found["threads"]["trainings"]


@contextmanager
def jupyter_kernel(folder):
    """A Jupyter kernel in a folder, which opens no port and ends with the block."""
    jupyter = pytest.importorskip("jupyter_client")
    manager = jupyter.KernelManager(kernel_name="python3", transport="ipc", ip=str(folder / "kernel"))
    manager.start_kernel(cwd=str(folder))
    client = manager.client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=120)
        yield client
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def run_cell(kernel, code, *, timeout=300):
    """Run a cell; return the kinds of what it shows, and fail with its error."""
    message = kernel.execute(code)
    shown, streams = [], []
    while True:
        try:
            reply = kernel.get_iopub_msg(timeout=timeout)
        except Empty:
            pytest.fail(f"the cell does not end: {code}")
        if reply["parent_header"].get("msg_id") != message:
            continue
        content, kind = reply["content"], reply["msg_type"]
        if kind == "error":
            pytest.fail("\n".join(content["traceback"]))
        if kind in ("display_data", "update_display_data", "execute_result"):
            shown.append(content["data"])
        if kind == "stream":
            streams.append(content["text"])
        if kind == "status" and content["execution_state"] == "idle":
            return shown, "".join(streams)


CELLS = {
    "prepare": ('fer.prepare("corpus", "data", corpus="folder", keep_every=8)', "text/html", "<table"),
    "split": ('fer.split("data", seed=0)', "text/html", "<table"),
    "train": (
        'fer.train("data", "fresh", epochs=1, batch_size=64, architecture="flow", stream="listing-16-32")',
        "text/html",
        "UAR",
    ),
    "evaluate": ('fer.evaluate("run")', "text/html", "Baseline: always"),
    "study": (
        'fer.study("data", "study", variants=["fusion=gap-concat", "fusion=gap-sum"], seeds=2, epochs=1, '
        'batch_size=64, stream="listing-16-32")',
        "text/html",
        "gap-sum",
    ),
    "compare": ('fer.compare(["run", "fresh"])', "text/html", "intervals over people"),
    "load_model": ('fer.load_model("run")', "text/plain", "Model("),
    "predict": ('fer.predict(video, model="run")', "text/html", "Face 0"),
    "predict many": ('fer.predict([video, video.parent], model="run")', "text/html", "s06_fear_2.mp4"),
    "plot": ('fer.predict(video, model="run").plot()', "image/png", ""),
    "explain": ('fer.explain("run", examples=1)', "text/html", "nats"),
    "live": ('len(list(fer.live(video, model="run", seconds=0.2)))', "text/plain", ""),
    "export": ('fer.export("run", "again.onnx")', "text/plain", "MiB"),
    "synthesize": (
        'fer.synthesize("../rendered", subjects=1, clips=1, frames=12, size=64)',
        "text/plain",
        "rendered",
    ),
    "doctor": ("fer.doctor()", "text/html", "<table"),
}


def check_notebook(kernel, subtests):
    _, said = run_cell(kernel, "import ferfusion as fer")
    run_cell(kernel, 'video = fer.sample_corpus() / "s06" / "fear" / "s06_fear_1.mp4"')
    assert said == ""
    for name, (code, kind, words) in CELLS.items():
        with subtests.test("in a notebook", verb=name):
            shown, said = run_cell(kernel, code)
            assert said == ""
            assert kind in shown[-1]
            assert words in shown[-1][kind]
            if name == "train":
                bars = [data["text/html"] for data in shown[:-1] if "text/html" in data]
                assert bars
                assert all("<progress" in bar for bar in bars)


@pytest.mark.slow(120)
def test_every_verb_in_scripts_docstrings_threads_and_a_notebook(tmp_path, head_model_cache, subtests):
    """One test, as each step builds on what those before it have trained."""
    for package in ("h5py", "onnxscript", "onnxruntime", "ipykernel"):
        pytest.importorskip(package)
    folder = tmp_path / "walk"
    folder.mkdir()
    check_walk(walk(folder), subtests)
    with jupyter_kernel(folder / "small") as kernel:
        check_notebook(kernel, subtests)
