import pandas as pd
import pytest
from cyclopts import App

import ferfusion as fer
from ferfusion.cli.label import label
from ferfusion.errors import ConfigError


@pytest.fixture
def run(capsys):
    """Run the command, and return what it prints."""

    def run_line(*arguments):
        app = App(default_command=label, result_action="return_value")
        app(list(map(str, arguments)), exit_on_error=False)
        return " ".join(capsys.readouterr().out.split())

    return run_line


def test_label_makes_a_project_and_shows_its_progress_again(run, tmp_path, sample_corpus):
    folder, videos = tmp_path / "labels", sample_corpus / "s01" / "fear"
    (tmp_path / "who.csv").write_text(f"path,subject\n{videos / 's01_fear_1.mp4'},Zoë\n")
    line = [folder, videos, "--raters", "Ann, Ben", "--classes", "joy,fear", "--marks", "videos"]
    words = run(*line, "--subjects", tmp_path / "who.csv", "--overlap", "0.5")
    assert "Ann: 0 of " in words
    assert words.endswith(f"Label: ferfusion app {folder}")
    project = fer.labels(folder)
    assert (project.classes, project.marks, project.raters) == (("joy", "fear"), "videos", ("Ann", "Ben"))
    assert project.items["subject"].tolist() == ["Zoë", ""]
    for rater in project.raters:
        for item in project.state(rater)["items"]:
            project.mark(rater, item["id"], "joy", intensity=2)
            project.done(rater, item["id"])
    words = run(folder, "--export", tmp_path / "out.csv", "--which", "answers")
    assert f"Labels (answers): {tmp_path / 'out.csv'} Next: ferfusion prepare {tmp_path / 'out.csv'}" in words
    assert len(pd.read_csv(tmp_path / "out.csv")) == len(project.answers())


def test_label_imports_a_table_and_says_what_is_left_out(run, tmp_path, sample_corpus):
    fer.labels(tmp_path / "labels", sample_corpus / "s01" / "fear", classes="joy,fear")
    (tmp_path / "t.csv").write_text(
        "path,label,start,end\ns01_fear_1.mp4,joy,0.1,0.5\ns01_fear_1.mp4,awe,0,1\n"
    )
    words = run(tmp_path / "labels", "--import", tmp_path / "t.csv", "--rater", "Ann")
    assert "1 added, 1 left out line 3: 'awe' is no class of the project; it has joy, fear" in words
    assert "Ann: 0 of 2 finished, 1 marks" in words


def test_label_needs_the_dataset_of_a_queue(run, tmp_path):
    with pytest.raises(ConfigError, match="--dataset DATASET --corpus ROOT"):
        run(tmp_path / "labels", "--queue", tmp_path / "study")
