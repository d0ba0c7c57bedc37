"""Every command whose output cannot be written, by a real limit of the system where a test can set one."""

import errno
import os
import resource
import sys
from contextlib import contextmanager
from importlib import import_module

import pytest

import ferfusion as fer
from ferfusion.cli import COMMANDS, main
from helpers.datasets import write_dataset
from helpers.runs import write_run

import_module("joblib")  # its import tries whether a file can be written, and warns if not
# here the words do come from sys.argv, as a shell gives them
pytestmark = pytest.mark.filterwarnings("ignore:Cyclopts application invoked without tokens")
NONE = "no/such/input"
ELSEWHERE = {
    "prepare": lambda out: ["prepare", NONE, out],
    "label": lambda out: ["label", out, NONE],
    "check": lambda out: ["check", NONE, "--out", out],
    "train": lambda out: ["train", NONE, out],
    "study": lambda out: ["study", NONE, out],
    "compare": lambda out: ["compare", NONE, NONE, "--out", out],
    "predict": lambda out: ["predict", NONE, "--out", out],
    "app": lambda out: ["app", "--no-browser", "--data", out],
    "webcam": lambda out: ["webcam", NONE, "--out", out],
    "explain": lambda out: ["explain", "--video", NONE, "--out", out],
    "import-keras": lambda out: ["import-keras", NONE, out / "new.safetensors"],
    "import-onnx": lambda out: ["import-onnx", NONE, out / "new.onnx"],
    "export": lambda out: ["export", NONE, out / "new.onnx"],
    "synthesize": lambda out: ["synthesize", out],
    "tabulate": lambda out: ["tabulate", NONE, out],
    "demo": lambda out: ["demo", "--out", out],
    "fetch": lambda out: ["fetch", "yunet"],
}
"""Commands with an output of their own. The input is missing: the output is checked before it is read."""
IN_PLACE = ("split", "evaluate", "explain")
"""Commands that write into the folder that they read."""
WRITE_NOTHING = {"doctor"}


@pytest.fixture
def run(monkeypatch, capsys):
    """Run the command line as a shell does: (exit code, standard output, standard error)."""

    def run_line(*arguments):
        monkeypatch.setattr(sys, "argv", ["ferfusion", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        return ended.value.code, *capsys.readouterr()

    return run_line


@pytest.fixture(scope="module", autouse=True)
def model_loaded_once():
    """The model of the package, which predict loads before its output is checked."""
    model = fer.load_model()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fer, "load_model", lambda *_, **__: model)
        yield


@pytest.fixture(scope="module")
def folder_of(tmp_path_factory):
    """A folder that each command of ``IN_PLACE`` reads."""
    root = tmp_path_factory.mktemp("in_place")
    run = write_run(root / "run")
    return {"split": write_dataset(root / "data", frames=3), "evaluate": run, "explain": run}


@contextmanager
def no_file_grows():
    """Let the system refuse to write a byte to any file, as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def refuse_permission(**settings):
    raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), settings["dir"])


def check_one_line(result, words):
    code, out, err = result
    assert code == 2
    assert err.startswith("ferfusion: ")
    assert words in err
    assert err.count("\n") == 1
    assert "Traceback" not in out


def test_failures_are_tried_with_every_command_that_writes():
    assert {*ELSEWHERE, *IN_PLACE} == set(COMMANDS) - WRITE_NOTHING


@pytest.mark.parametrize("below", ["", "run"])
@pytest.mark.parametrize("command", ELSEWHERE)
def test_command_refuses_an_output_folder_that_is_a_file(run, tmp_path, monkeypatch, command, below):
    (tmp_path / "diary").write_text("a file, not a folder")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "diary"))
    check_one_line(
        run(*ELSEWHERE[command](tmp_path / "diary" / below)),
        f"{tmp_path / 'diary'} is a file, not a folder; name a folder to write to, or a new one",
    )


@pytest.mark.parametrize("command", ELSEWHERE)
def test_command_refuses_a_full_disk_before_it_reads_its_input(run, tmp_path, monkeypatch, command):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "out"))
    with no_file_grows():
        result = run(*ELSEWHERE[command](tmp_path / "out"))
    check_one_line(result, f"Cannot write {tmp_path / 'out'}")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", ELSEWHERE)
def test_command_refuses_a_closed_folder_before_it_reads_its_input(run, tmp_path, monkeypatch, command):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "out"))
    monkeypatch.setattr("ferfusion.files.TemporaryFile", refuse_permission)
    check_one_line(run(*ELSEWHERE[command](tmp_path / "out")), "Permission denied; change its permissions")


@pytest.mark.parametrize("command", IN_PLACE)
def test_command_refuses_to_change_a_folder_on_a_full_disk(run, folder_of, command):
    folder = folder_of[command]
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    with no_file_grows():
        result = run(command, folder)
    check_one_line(result, f"Cannot write {folder}: File too large")
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


def test_prepare_on_a_disk_that_fills_up_at_the_header_is_one_line(run, tmp_path, monkeypatch, sample_corpus):
    """The folder could be written to when it was checked."""
    monkeypatch.setattr("ferfusion.api.settings.check_output_folder", lambda _: None)
    with no_file_grows():
        result = run("prepare", sample_corpus / "s01", tmp_path / "data", "--corpus", "folder")
    check_one_line(result, f"Cannot write {tmp_path / 'data'}")


@pytest.mark.parametrize(("name", "code"), [("full", 2), ("closed pipe", 1)])
def test_main_ends_cleanly_if_its_output_cannot_be_written(run, monkeypatch, name, code):
    if name == "full":
        output = open("/dev/full", "w", encoding="utf-8")  # noqa: SIM115, PTH123 closed below
    else:
        reader, writer = os.pipe()
        os.close(reader)
        output = os.fdopen(writer, "w", encoding="utf-8")
    with output:
        monkeypatch.setattr(sys, "stdout", output)
        ended, _, err = run("--version")
    words = "ferfusion: Cannot write the output or a temporary file: No space left on device\n"
    assert (ended, err) == (code, words if name == "full" else "")


def test_main_reports_a_missing_file_that_no_reader_expects(run, monkeypatch):
    def read_what_is_gone(*_, **__):
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), "data/clips")

    monkeypatch.setattr("ferfusion.cli.split.fer.split", read_what_is_gone)
    check_one_line(run("split", "data"), "Cannot read or write data/clips: No such file or directory")


def test_main_stopped_inside_a_command_prints_how_to_resume(run, monkeypatch):
    def stop(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("ferfusion.cli.split.fer.split", stop)
    code, _, err = run("split", "data")
    assert (code, err) == (130, "ferfusion: stopped; run the same command again to resume\n")
