import shlex
from types import SimpleNamespace

import pandas as pd
import pytest

import ferfusion as fer
from ferfusion.cli import build_app
from ferfusion.cli import demo as module
from ferfusion.cli.demo import demo, unseen_video

COMMANDS = ("prepare", "split", "train", "evaluate", "predict")


@pytest.fixture
def calls(monkeypatch, sample_corpus):
    """The calls of the five commands, which do nothing."""
    made = []
    for name in COMMANDS:
        monkeypatch.setattr(module, name, lambda *a, name=name, **s: made.append((name, a, s)))
    monkeypatch.setattr(module, "unseen_video", lambda _, corpus: corpus / "s02" / "fear" / "s02_fear_1.mp4")
    return made


def test_demo_runs_the_five_commands_on_what_the_one_before_wrote(calls, tmp_path, sample_corpus):
    demo(tmp_path)
    dataset, run = tmp_path / "dataset", tmp_path / "run"
    video = sample_corpus / "s02" / "fear" / "s02_fear_1.mp4"
    assert calls == [
        ("prepare", (sample_corpus, dataset), {}),
        ("split", (dataset,), {}),
        ("train", (dataset, run), {}),
        ("evaluate", (run,), {}),
        (
            "predict",
            (str(video),),
            {"model": run / "bundle.safetensors", "out": str(tmp_path / "predictions")},
        ),
    ]


@pytest.mark.usefixtures("calls")
def test_demo_prints_commands_that_the_command_line_understands(tmp_path, capsys):
    demo(tmp_path)
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("ferfusion ")]
    assert [line.split()[1] for line in lines] == list(COMMANDS)
    for line in lines:
        tokens = shlex.split(line)[1:]
        build_app(tokens[0]).parse_args(tokens, exit_on_error=False, print_error=False)


def test_unseen_video_is_the_first_of_the_test_part(monkeypatch, tmp_path):
    data = SimpleNamespace(
        splits=pd.DataFrame({"clip": ["a", "b", "c"], "part": ["train", "test", "test"]}),
        videos=pd.DataFrame({"video": ["a", "b", "c"], "path": ["s1/a.mp4", "s2/b.mp4", "s2/c.mp4"]}),
    )
    monkeypatch.setattr(fer, "Dataset", lambda _: data)
    assert unseen_video(tmp_path, tmp_path / "corpus") == tmp_path / "corpus" / "s2" / "b.mp4"
