import json

import pandas as pd

from ferfusion.inference.photographs import PhotographWriter
from ferfusion.label_set import SIX
from helpers.photographs import grey, predicted, whole_image_predictor


def written(folder, images, *, unread=(), annotate=True, abstain_below=0.0):
    """Write the folder of images of one grey level each, and return its table."""
    predictor = whole_image_predictor(abstain_below=abstain_below)
    writer = PhotographWriter(folder, predictor, [*images, *unread], annotate=annotate)
    for name, image in images.items():
        writer.add(name, predicted(image, name=name, abstain_below=abstain_below), image)
    for name in unread:
        writer.add_unread(name, "not an image that can be read")
    writer.write()
    return pd.read_csv(folder / "photographs.csv")


def test_photograph_writer_writes_one_table_one_page_and_the_annotated_images(tmp_path):
    images = {"a.jpg": grey(0), "b/a.jpg": grey(128), "b/c.png": grey(255, height=40)}
    table = written(tmp_path, images, unread=["torn.jpg"])
    columns = ["photograph", "face", "x", "y", "w", "h", "status", *SIX.probability_columns]
    assert table.columns.tolist() == [*columns, "expression", "verdict", "reason"]
    assert table["photograph"].tolist() == [*images, "torn.jpg"]
    assert table["status"].tolist() == ["ok", "ok", "ok", "unreadable"]
    assert table["face"].tolist()[:3] == [0, 0, 0]
    assert table["expression"].tolist()[::2] == [
        "Anger",
        "Surprise",
    ]  # black is the first class, white the last
    assert table[["x", "y", "w", "h"]].to_numpy()[2].tolist() == [0, -10, 60, 60]
    assert table["reason"].tolist()[3] == "not an image that can be read"
    assert {file.relative_to(tmp_path).as_posix() for file in tmp_path.rglob("*") if file.is_file()} == {
        "annotated/a.jpg",
        "annotated/b-a.jpg",
        "annotated/b-c.jpg",
        "photographs.csv",
        "report.html",
        "verdict.json",
    }
    verdict = json.loads((tmp_path / "verdict.json").read_text())
    assert (verdict["model"], verdict["photographs"]) == ("brightness", 4)
    assert [(face["photograph"], face["expression"]) for face in verdict["faces"]] == [
        *zip(images, table["expression"], strict=False)
    ]


def test_photograph_writer_names_no_class_below_the_threshold(tmp_path):
    table = written(tmp_path, {"a.png": grey(0), "b.png": grey(128)}, abstain_below=0.6)
    assert table["verdict"].tolist() == ["Anger", "no clear expression"]
    assert table["expression"].tolist()[0] == "Anger"
    assert table["reason"].fillna("").str.contains("is below the threshold of 0.60").tolist() == [False, True]


def test_photograph_writer_of_unreadable_photographs_only_has_their_reasons(tmp_path):
    table = written(tmp_path, {}, unread=["a.jpg", "b.jpg"])
    assert table["status"].tolist() == ["unreadable"] * 2
    assert "b.jpg: not an image that can be read" in (tmp_path / "report.html").read_text()
