"""The front door, walked as a user walks it: examples, docstrings, threads, a notebook."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from queue import Empty

import pytest

from helpers.keras_files import unpack

EXAMPLES = Path(__file__).parents[2] / "examples"
WALK = Path(__file__).parents[1] / "helpers" / "front_door_walk.py"
VERBS = {
    "compare",
    "doctor",
    "evaluate",
    "explain",
    "export",
    "import_keras",
    "live",
    "load_model",
    "predict",
    "prepare",
    "split",
    "study",
    "synthesize",
    "train",
}
# all on one worker: the walk takes minutes
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("front door")]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("walk")


@pytest.fixture(scope="module")
def walk(folder, head_model_cache, tmp_path_factory):
    """What a process found that used every verb, twice."""
    for package in ("h5py", "onnxscript", "onnxruntime"):
        pytest.importorskip(package)
    keras_file = unpack("keras2_flatten_concat.h5", tmp_path_factory.mktemp("keras"))
    done = subprocess.run(
        [sys.executable, "-W", "error::FutureWarning", str(WALK), str(EXAMPLES / "api"), str(keras_file)],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    )
    assert done.returncode == 0, done.stderr[-3000:]
    print(done.stdout[: done.stdout.rindex("\n{") if "\n{" in done.stdout else 0])
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
    assert in_shell <= in_python


def test_every_example_runs_and_shows_something(walk):
    printed = walk["printed"]
    assert len(printed) == len(list((EXAMPLES / "api").glob("[0-9]*.py")))
    assert all(text.strip() for text in printed.values())
    assert "WAR" not in printed["04_evaluate.py"] or "majority" in printed["04_evaluate.py"]
    for column in ("value", "low", "high", "baseline", "people"):
        assert column in printed["04_evaluate.py"]


def test_every_example_of_a_docstring_gives_what_it_says(walk):
    assert walk["failures"] == []


def test_nothing_global_changes(walk):
    assert walk["changed"] == []


def test_nothing_is_printed_but_by_the_caller(walk):
    assert walk["stderr"] == ""


def test_no_verb_needs_the_command_line(walk):
    assert walk["command line"] == []


def test_threads_give_what_one_gives(walk):
    assert walk["threads"] == {"predictions": True, "trainings": True, "scores": True}


@pytest.fixture(scope="module")
def kernel(walk, folder):
    """A Jupyter kernel in the folder of the walk, which opens no port and ends with the test."""
    jupyter = pytest.importorskip("jupyter_client")
    pytest.importorskip("ipykernel")
    manager = jupyter.KernelManager(kernel_name="python3", transport="ipc", ip=str(folder / "kernel"))
    manager.start_kernel(cwd=str(folder))
    client = manager.client()
    client.start_channels()
    client.wait_for_ready(timeout=120)
    yield client
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
    "prepare": ('fer.prepare(fer.sample_corpus(), "data")', "text/html", "<table"),
    "split": ('fer.split("data", seed=0)', "text/html", "<table"),
    "train": ('fer.train("data", "fresh", epochs=1, batch_size=64, architecture="flow")', "text/html", "UAR"),
    "evaluate": ('fer.evaluate("run")', "text/html", "Majority baseline"),
    "study": (
        'fer.study("data", "study", variants=["fusion=gap-concat", "fusion=gap-sum"], seeds=2, epochs=1, '
        "batch_size=64)",
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
        'fer.synthesize("rendered", subjects=1, clips=1, frames=12, size=64)',
        "text/plain",
        "rendered",
    ),
    "doctor": ("fer.doctor()", "text/html", "<table"),
}


def test_every_verb_runs_in_a_notebook_and_shows_a_table_or_a_figure(kernel):
    _, said = run_cell(kernel, "import ferfusion as fer")
    run_cell(kernel, 'video = fer.sample_corpus() / "s06" / "fear" / "s06_fear_1.mp4"')
    assert said == ""
    for name, (code, kind, words) in CELLS.items():
        shown, said = run_cell(kernel, code)
        assert said == "", name
        assert kind in shown[-1], name
        assert words in shown[-1][kind], name
        if name == "train":
            bars = [data["text/html"] for data in shown[:-1] if "text/html" in data]
            assert bars
            assert all("<progress" in bar for bar in bars)
