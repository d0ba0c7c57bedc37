"""Columns of people from a corpus to the scores of groups."""

import shutil

import pandas as pd
import pytest

import ferfusion as fer
from ferfusion.bundle import save_bundle
from helpers.bundles import untrained_bundle
from helpers.runs import fake_predictions, write_run


def test_evaluate_on_cremad_has_the_groups_of_its_demographics(
    tmp_path, real_data, sample_corpus, monkeypatch
):
    monkeypatch.setattr("ferfusion.evaluation.evaluate.draw_figures", lambda *_: {})
    root = tmp_path / "CREMA-D"
    (root / "VideoFlash").mkdir(parents=True)
    for person, actor in (("s01", 1001), ("s02", 1002), ("s03", 1003)):
        emotion, code = ("anger", "ANG") if actor == 1001 else ("happiness", "HAP")
        video = sorted((sample_corpus / person / emotion).glob("*.mp4"))[0]
        shutil.copy(video, root / "VideoFlash" / f"{actor}_IEO_{code}_HI.mp4")
    shutil.copy(real_data / "crema-d" / "VideoDemographics.csv", root)
    data = fer.prepare(root, tmp_path / "data", engine="here", images=False, progress=False)
    assert data.corpus == "cremad"
    subjects = pd.read_csv(tmp_path / "data" / "subjects.csv", dtype=str)
    assert subjects["subject"].tolist() == ["1001", "1002", "1003"]
    assert subjects["Sex"].tolist() == ["Male", "Female", "Female"]
    save_bundle(tmp_path / "net.safetensors", untrained_bundle(architecture="spatial", head_units=8))
    scores = fer.evaluate(
        tmp_path / "net.safetensors", dataset=data, out=tmp_path / "out", progress=False, resamples=20
    )
    groups = scores.groups.query("metric == 'uar'")
    assert groups.query("column == 'Sex'")[["group", "people", "videos"]].to_numpy().tolist() == [
        ["Female", 2, 2],
        ["Male", 1, 1],
    ]
    assert set(groups["note"]) == {"fewer than 5 people: no claim"}
    assert scores.group_differences.empty
    assert (tmp_path / "out" / "groups.csv").is_file()


def test_evaluate_compares_the_groups_of_real_demographics(tmp_path, real_data, monkeypatch):
    monkeypatch.setattr("ferfusion.evaluation.evaluate.draw_figures", lambda *_: {})
    actors = pd.read_csv(real_data / "crema-d" / "VideoDemographics.csv", dtype=str)
    drawn = fake_predictions(pairs=1, subjects={"validation": 1, "test": 91})
    names = dict(zip([f"St{number:02d}" for number in range(91)], actors["ActorID"], strict=True))
    run = write_run(tmp_path / "run", predictions=drawn.replace({"subject": names}))
    actors.rename(columns={"ActorID": "subject"}).to_csv(run / "subjects.csv", index=False)
    scores = fer.evaluate(run, resamples=20)
    people = scores.groups.query("metric == 'uar'").set_index(["column", "group"])["people"]
    assert people["Sex"].to_dict() == actors["Sex"].value_counts().to_dict()
    assert people["Race"].to_dict() == actors["Race"].value_counts().drop("Unknown").to_dict()
    assert people["Age"].tolist() == pytest.approx([91 / 3] * 3, abs=5)
    assert people["Age"].sum() == 91
