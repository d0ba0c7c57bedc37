"""Every table that the front door writes has documented columns only."""

import csv

import pytest
from PIL import Image

import ferfusion as fer
from ferfusion.reporting.columns.page import table_kind
from ferfusion.studies.study_page import finish_study
from helpers.fabricated_study import write_study
from helpers.face_videos import face_images, face_video
from helpers.runs import write_run


@pytest.fixture(scope="module")
def folders(tmp_path_factory, trained, model, without_figures):
    """The folder of each word that ``docs/tables.md`` has, as the front door writes it."""
    root = tmp_path_factory.mktemp("tables")
    trained.evaluate()
    trained.evaluate(trained.folder.parent / "data", out=root / "measurement", progress=False)
    trained.explain(examples=1, why_not="Fear")
    video = face_video(root / "face.mp4", 6)
    Image.fromarray(face_images(1)[0]).save(root / "face.png")
    inputs = [video, root / "face.png"]
    model.predict(inputs, out=root / "predictions", annotate=False, per="0.1s", progress=False)
    model.explain_video(video, root / "explanations", why_not="Fear", progress=False)
    with fer.live(video, model=model, out=root / "live", seconds=0.2) as live:
        list(live)
    study = write_study(root / "of_study", seeds=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ferfusion.studies.study_page.draw_figures", lambda *_: {})
        finish_study(study)
        fer.compare([write_run(root / "a"), write_run(root / "b")], out=root / "comparison", resamples=40)
    return {
        "DATASET": trained.folder.parent / "data",
        "RUN": trained.folder,
        "MEASUREMENT": root / "measurement",
        "STUDY": study.folder,
        "COMPARISON": root / "comparison",
        "PREDICTIONS": root / "predictions",
        "PREDICTION": root / "predictions" / "face",
        "EXPLANATION": root / "explanations" / "face",
        "LIVE": root / "live",
    }


@pytest.mark.parametrize(
    ("word", "files"),
    [
        ("DATASET", "data splits"),
        ("RUN", "metrics splits predictions predictions_validation scores per_class people contributions"),
        ("MEASUREMENT", "predictions predictions_videos scores per_class people confusion_test_video"),
        ("STUDY", "variants comparisons costs classes error_patterns people"),
        ("COMPARISON", "comparison"),
        ("PREDICTIONS", "videos"),
        ("PREDICTION", "frames onsets means"),
        ("EXPLANATION", "contributions"),
        ("LIVE", "frames"),
    ],
)
def test_columns_of_every_written_table_are_documented(folders, word, files):
    pattern = "**/*.csv" if word == "STUDY" else "*.csv"
    written = {path.relative_to(folders[word]).as_posix(): path for path in folders[word].glob(pattern)}
    written = {file: path for file, path in written.items() if not file.startswith("runs/")}
    assert {f"{file}.csv" for file in files.split()} <= set(written)
    assert undocumented(word, written) == []


def test_columns_of_photographs_are_documented(folders):
    [path] = folders["PREDICTIONS"].rglob("photographs.csv")
    assert undocumented("PREDICTION", {path.name: path}) == []


def undocumented(word, written):
    """The tables and columns of a folder that no description has."""
    found = []
    for file, path in written.items():
        kind = table_kind(word, file)
        with path.open(encoding="utf-8", newline="") as lines:
            header = next(csv.reader(lines))
        found += [(file, name) for name in (header if kind is None else kind.unknown(header))]
    return found
