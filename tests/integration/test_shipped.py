"""The bundle that comes with the package: what is in the file, and what it says of videos."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from cyclopts import App
from safetensors import safe_open

from ferfusion.bundle import load_bundle
from ferfusion.cli.predict import predict
from ferfusion.evaluation.metrics import always, precision, recall, uar, war
from ferfusion.inference.predict_video import predict_video
from ferfusion.inference.predictor import SHIPPED, SHIPPED_NAME, load_predictor
from ferfusion.label_set import SEVEN

CARD = Path(__file__).parents[2] / "docs" / "model-card.md"


@pytest.fixture(scope="module")
def bundle():
    return load_bundle(SHIPPED)


def run(*words):
    App(default_command=predict, result_action="return_value")([str(word) for word in words])


def rows_of_card():
    """The first cell of each row of the card's tables, and its other cells."""
    cells = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in CARD.read_text(encoding="utf-8").splitlines()
        if line.startswith("|")
    ]
    return {first: others for first, *others in cells}


def test_the_file_is_a_few_megabytes_in_half_precision():
    assert SHIPPED.stat().st_size < 6_000_000
    with safe_open(SHIPPED, framework="np") as file:
        assert {file.get_slice(name).get_dtype() for name in file.keys()} == {"F16", "I64"}  # noqa: SIM118


def test_it_has_seven_classes_rights_and_a_calibration(bundle):
    assert bundle.labels == SEVEN
    assert bundle.model_config.architecture == "spatial"
    assert bundle.rights.startswith("For research only")
    calibration = load_predictor().info.calibration
    assert 0.5 < calibration.temperature < 2
    assert 1 / 7 < calibration.abstain_below_pair < 1
    assert calibration.video_coverage is None


def test_its_figures_are_those_of_its_confusions_and_stand_in_the_card(bundle):
    confusion = np.array(bundle.metrics["confusion"])
    assert bundle.metrics["war"] == pytest.approx(float(war(confusion)))
    assert bundle.metrics["uar"] == pytest.approx(float(uar(confusion)))
    majority = always(SEVEN.code("Happiness"), confusion)
    assert bundle.metrics["majority_war"] == pytest.approx(float(war(majority)))
    rows = rows_of_card()
    shown = [f"{100 * float(value):.1f} %" for value in (war(confusion), uar(confusion))]
    assert rows["**the shipped model**"] == [f"**{value}**" for value in shown]
    for name, counts, found, right in zip(
        SEVEN.names, confusion, recall(confusion), precision(confusion), strict=True
    ):
        share = [f"{100 * value:.1f} %" for value in (found, right)]
        assert rows[name] == [str(counts.sum()), *share, *map(str, counts)]


def test_predict_takes_it_where_no_bundle_is_named_and_says_so(sample_corpus, tmp_path, capsys):
    """A rendered smile: at rest at both ends, so that only its middle is named."""
    run(sample_corpus / "s01" / "happiness" / "s01_happiness_1.mp4", "--out", tmp_path, "--no-annotate")
    told = " ".join(capsys.readouterr().out.split())
    assert f"Model: {SHIPPED_NAME}" in told
    assert "Face 0 displays Happiness" in told
    page = (tmp_path / "s01_happiness_1" / "report.html").read_text(encoding="utf-8")
    assert SHIPPED_NAME in page
    table = pd.read_csv(tmp_path / "s01_happiness_1" / "frames.csv")
    middle = table["smoothed"].iloc[len(table) // 3 : 2 * len(table) // 3]
    assert set(middle) == {"Happiness"}


def test_a_named_bundle_is_told_by_its_folder_and_file(tmp_path):
    named = tmp_path / "run" / "bundle.safetensors"
    named.parent.mkdir()
    named.write_bytes(SHIPPED.read_bytes())
    assert load_predictor(named).name == "run/bundle.safetensors"


@pytest.mark.slow
def test_the_woman_who_is_sad_and_then_laughs_is_read_so(real_data, tmp_path):
    video = real_data / "clips" / "WolfgangLanger_Pexels.mp4"
    prediction = predict_video(video, load_predictor(), tmp_path, annotate=False)
    table = prediction.table
    assert prediction.model == SHIPPED_NAME
    sad, laughing = table["seconds"].between(0.5, 5.5), table["seconds"] > 10
    assert (table["smoothed"][sad] == "Sadness").mean() > 0.9
    assert (table["smoothed"][laughing] == "Happiness").mean() > 0.9


def test_the_card_tells_of_every_class_and_of_the_rights(bundle):
    text = re.sub(r"\s+", " ", CARD.read_text(encoding="utf-8")).lower()
    use, _, reason = bundle.rights.partition(".")[0].lower().partition(": ")
    assert use in text
    assert reason in text
    assert all(name in rows_of_card() for name in SEVEN.names)
