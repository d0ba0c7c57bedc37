"""From a spreadsheet with faults to a figure: examples/own_corpus, run as it is."""

import runpy
import sys
from pathlib import Path

import pytest

import ferfusion as fer

ROOT = Path(__file__).parents[2]
EXAMPLE, PAGE = ROOT / "examples" / "own_corpus", ROOT / "docs" / "own-corpus.md"


def run(monkeypatch, script, *arguments):
    monkeypatch.setattr(sys, "argv", [script, *map(str, arguments)])
    runpy.run_path(str(EXAMPLE / script), run_name="__main__")


@pytest.mark.slow
def test_own_corpus_from_the_spreadsheet_to_a_figure(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    run(monkeypatch, "make.py", "work/recordings")
    run(monkeypatch, "run.py", "work", "--folds", "2", "--epochs", "1")
    printed = capsys.readouterr().out
    page = PAGE.read_text(encoding="utf-8")
    for line in printed.splitlines()[:3]:
        assert f"    {line}\n" in page
    assert printed.index("'Hapiness' in line 8: did you mean Happiness?") < printed.index(
        "Dataset('work/data'"
    )

    data = fer.Dataset("work/data")
    truth = {
        f"Videos_Aufnahme_{number:03d}": video.parts[-2]
        for number, video in enumerate(sorted(fer.sample_corpus().glob("s0[1-6]/*/*.mp4")), start=1)
    }
    used = data.videos[data.videos["status"] == "ok"].set_index("video")
    kept = {video: emotion.capitalize() for video, emotion in truth.items()}
    assert used["emotion"].to_dict() == {
        video: emotion
        for video, emotion in kept.items()
        if emotion in ("Happiness", "Anger", "Sadness") and video[-3:] not in ("020", "033")
    }
    assert data.left_out["rows"].tolist() == [12, 12, 12, 1, 1]
    assert data.labels.names == ("Happiness", "Anger", "Sadness")

    study = fer.Study("work/study")
    tested = study.predictions("gap-concat", "video")
    assert sorted(tested["video"]) == sorted(used.index)
    assert (
        set(study.people["subject"]) == set(used["subject"]) == {"Jörg", "Aïcha", "Zoë", "Ben", "Ida", "Max"}
    )
    probabilities = tested[["p_happiness", "p_anger", "p_sadness"]]
    top = probabilities.to_numpy().argmax(axis=1)
    assert tested["expression"].tolist() == [data.labels.names[code] for code in top]
    assert (Path("work") / "figure.png").read_bytes().startswith(b"\x89PNG")
