import shutil
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import ferfusion.cli
from ferfusion.cli import COMMANDS, check_settings_file, main
from ferfusion.errors import ConfigError
from ferfusion.files import read_json
from ferfusion.preparation.recipe import PrepareRecipe

NOT_COMMANDS = {"--init--", "progress", "verbs"}
# here the words do come from sys.argv, as a shell gives them
pytestmark = pytest.mark.filterwarnings("ignore:Cyclopts application invoked without tokens")


@pytest.fixture
def run(monkeypatch, capsys):
    """Run the command line as a shell does: (exit code, standard output, standard error)."""

    def run_line(*arguments):
        monkeypatch.setattr(sys, "argv", ["ferfusion", *map(str, arguments)])
        code: int | str = 0
        try:
            main()
        except SystemExit as ended:
            code = ended.code or 0
        out, err = capsys.readouterr()
        return code, out, err

    return run_line


@pytest.fixture
def corpus(tmp_path, sample_corpus):
    """One video of the sample corpus, in folders of its own."""
    video = next(sample_corpus.glob("*/anger/*.mp4"))
    folder = tmp_path / "corpus" / "s01" / "anger"
    folder.mkdir(parents=True)
    shutil.copy(video, folder)
    return tmp_path / "corpus"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["prepare", "/no/such/folder", "/tmp/dataset"], "There is no folder /no/such/folder"),
        (["split", "/no/such/folder"], "/no/such/folder is not a dataset folder"),
        (["train", "/no/such/folder", "/tmp/run"], "/no/such/folder"),
        (["evaluate", "/no/such/folder"], "/no/such/folder"),
        (["predict", "/no/such.mp4", "--bundle", "/no/such/bundle"], "There is no bundle /no/such/bundle"),
        (["prepare", "/no", "/tmp/d", "--corpus", "foldr"], "Unknown corpus 'foldr'; choose one of"),
        (["prepare", "/no", "/tmp/d", "--size", "3"], "size must be from 16 to 512 pixels, got 3"),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_main_reports_what_a_user_can_fix_in_one_line_with_exit_code_2(run, arguments, words):
    code, out, err = run(*arguments)
    assert code == 2
    assert err.startswith("ferfusion: ")
    assert words in err
    assert err.count("\n") == 1
    assert "Traceback" not in out + err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["prepar"], 'Unknown command "prepar"'),
        (["split"], "requires an argument"),
        (["split", "here", "--sed", "3"], "--sed"),
        (["split", "here", "--seed", "three"], "three"),
    ],
)
def test_main_ends_with_2_for_a_line_that_it_does_not_understand(run, arguments, words):
    code, out, err = run(*arguments)
    assert code == 2
    assert words in out + err
    assert "Traceback" not in out + err


def test_main_keeps_the_traceback_of_a_bug(run, monkeypatch):
    def broken(_):
        raise ZeroDivisionError

    monkeypatch.setattr(ferfusion.cli, "build_app", broken)
    with pytest.raises(ZeroDivisionError):
        run("split", "here")


def test_main_that_is_stopped_prints_how_to_resume(run, monkeypatch):
    def stopped(_):
        raise KeyboardInterrupt

    monkeypatch.setattr(ferfusion.cli, "build_app", stopped)
    code, _, err = run("prepare", "a", "b")
    assert code == 130
    assert err == "ferfusion: stopped; run the same command again to resume\n"


def test_config_file_gives_settings_that_the_command_line_overrides(run, tmp_path, corpus):
    config = tmp_path / "settings.toml"
    config.write_text('[prepare]\nsize = 32\nkeep_every = 4\nengine = "here"\nimages = false\n')
    line = ["prepare", corpus, "--corpus", "folder", "--config", config]
    assert run(*line, tmp_path / "a")[0] == 0
    assert run(*line, tmp_path / "b", "--keep-every", "8")[0] == 0
    first, second = (read_json(tmp_path / name / "dataset.json") for name in "ab")
    assert (first["recipe"]["size"], first["recipe"]["keep_every"], first["images"]) == (32, 4, False)
    assert (second["recipe"]["size"], second["recipe"]["keep_every"]) == (32, 8)
    # what the file does not name stays as it is
    assert first["recipe"]["smoothing"] == PrepareRecipe().smoothing


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[split]\nsseed = 3\n", "sseed"),
        ('[split]\nseed = "three"\n', "three"),
        ("[split]\nvalidation = 0.9\n", "leave some for training, got 0.9 and 0.2"),
        ("[[[", "TOML"),
        ("[predct]\nstart = 3\n", "Did you mean 'predict'?"),
        ("seed = 3\n[split]\n", "seed outside of a table; put it below the name of its command"),
    ],
)
def test_config_file_with_a_wrong_setting_ends_with_2(run, tmp_path, text, words):
    config = tmp_path / "settings.toml"
    config.write_text(text)
    code, out, err = run("split", "here", "--config", config)
    assert code == 2
    assert words in out + err


def test_config_file_that_is_missing_is_one_line(run, tmp_path):
    code, _, err = run("split", "here", "--config", tmp_path / "none.toml")
    assert code == 2
    assert "none.toml" in err


def test_help_lists_every_command(run):
    code, out, _ = run("--help")
    assert code == 0
    listed = {line.split()[1] for line in out.splitlines() if line.startswith("│ ") and line[2] != " "}
    assert set(COMMANDS) <= listed


@pytest.mark.parametrize("command", COMMANDS)
def test_commands_have_a_file_a_function_and_a_help(run, command):
    name = command.replace("-", "_")
    function = getattr(import_module(f"ferfusion.cli.{name}"), name)
    code, out, _ = run(command, "--help")
    assert code == 0
    assert " ".join(function.__doc__.partition("\n\n")[0].split()) in " ".join(out.split())


def test_commands_are_the_files_of_the_command_line():
    files = {path.stem.replace("_", "-") for path in Path(ferfusion.cli.__file__).parent.glob("*.py")}
    assert files - NOT_COMMANDS == set(COMMANDS)


def test_version_is_that_of_the_package(run):
    assert run("--version")[:2] == (0, f"{ferfusion.__version__}\n")


def test_build_app_imports_no_other_command():
    code = "import ferfusion.cli, sys; ferfusion.cli.build_app('train'); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert {f"ferfusion.cli.{name}" for name in COMMANDS}.isdisjoint(done.stdout.split())


@pytest.mark.parametrize(
    "content",
    [
        b"[train]\nepochs = " + b"[" * 5000,
        b"a" + b".a" * 50_000 + b"=1",
        b"\xff\xfe[",
        b"[train]\n[train]\n",
        b"\0",
    ],
)
def test_check_settings_file_refuses_a_hostile_file_in_one_line(tmp_path, content):
    path = tmp_path / "settings.toml"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match=r"is not TOML|has more than") as caught:
        check_settings_file(path)
    assert str(caught.value).isprintable()
