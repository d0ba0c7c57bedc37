import shutil
from pathlib import Path

import pytest

import ferfusion as fer
from ferfusion.tabulation.read import read_result
from helpers import tabulated
from helpers.runs import fake_config, fake_epochs, write_run

FIRST = "runs/gap-sum/fold0-seed0"


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """A result of every kind that has several files."""
    root = tmp_path_factory.mktemp("results")
    for kind in ("study", "cross", "models", "measured", "predicted"):
        getattr(tabulated, f"write_{kind}")(root / kind)
    return root


def test_read_result_of_a_study_has_each_training(study):
    result = read_result(study[0])
    keys = [tuple(one.keys.values()) for one in result.observe()]
    assert sorted(keys) == [(n, s, f) for n in ("gap-sum", "imbalance-focal") for s in (0, 1) for f in (0, 1)]
    variants = result.variants.set_index("variant")
    assert variants.loc["gap-sum", "equivalents"] == "gap-average"
    assert variants["imbalance"].to_dict() == {"gap-sum": "none", "imbalance-focal": "focal"}


def test_read_result_of_two_corpora_has_a_row_for_each_that_is_tested(tmp_path):
    tables = fer.tabulate(tabulated.write_cross(tmp_path))
    assert tables.variants[["variant", "tested_on", "people"]].to_numpy().tolist() == [
        ["a", "a", 2],
        ["a", "b", 1],
        ["b", "a", 2],
        ["b", "b", 1],
    ]
    assert (tables.videos["tested_on"] == tables.videos["subject"].str[0]).all()
    assert len(tables.people) == 2 * 3


def test_read_result_of_models_has_the_classes_that_all_have(tmp_path):
    tables = fer.tabulate(tabulated.write_models(tmp_path))
    assert [name for name in map(str, tables.videos) if name.startswith("p_")] == [
        "p_anger",
        "p_alegria",
        "p_true",
    ]
    assert set(tables.videos["part"]) == {"all"}
    assert tables.videos["seed"].isna().all()
    assert tables.people["age"].notna().sum() == 10


def test_read_result_of_a_measurement_and_of_a_run_have_one_variant(tmp_path):
    measured = fer.tabulate(tabulated.write_measured(tmp_path / "measured"))
    assert measured.variants["variant"].tolist() == ["bundle.safetensors"]
    run = fer.tabulate(write_run(tmp_path / "best"))
    assert (len(measured.videos), len(run.videos)) == (40, 40)  # no row of the validation part
    assert set(run.videos["part"]) == {"test"}
    one = run.variants.iloc[0]
    assert (one["variant"], one["fusion"], one["people"]) == ("best", "gap-concat", 4)
    assert one["video_war"] == pytest.approx(run.videos["correct"].mean())


def test_read_result_of_a_single_stream_has_its_layer_in_place_of_a_fusion(tmp_path):
    config = fake_config(architecture="spatial", fusion="gap-concat")
    run = write_run(tmp_path / "run", config=config, epochs=fake_epochs(1))
    assert fer.tabulate(run).variants["fusion"].tolist() == ["gap"]


def header_only(path):
    path.write_bytes(path.read_bytes().partition(b"\n")[0] + b"\n")


def without_last(path):
    path.write_bytes(path.read_bytes().strip().rpartition(b"\n")[0] + b"\n")


@pytest.mark.parametrize(
    ("file", "damage", "words"),
    [
        ("study/splits", shutil.rmtree, "fold0.csv is missing; run the study again"),
        ("study/splits/fold1.csv", Path.unlink, "fold1.csv is missing; run the study again"),
        ("study/costs.csv", without_last, "costs.csv lacks a variant of variants.csv; run the study again"),
        ("predicted/talk/frames.csv", header_only, "frames.csv has no row; predict again"),
        ("study/variants.csv", header_only, "variants.csv has no row; run the study again"),
        ("study/costs.csv", header_only, "costs.csv has no row; run the study again"),
        (f"study/{FIRST}/config.json", Path.unlink, r"config.json is missing; delete .*, and run the study"),
        (f"study/{FIRST}", shutil.rmtree, "config.json is missing; run the study again"),
        (f"study/{FIRST}/votes.csv", Path.unlink, r"votes.csv is missing; delete .*, and run the study"),
        (f"study/{FIRST}/predictions.csv", Path.unlink, r"a test part; delete .*, and run the study"),
        ("cross/cross.csv", header_only, "cross.csv has no row; run the study again"),
        ("cross/cross_predictions.csv", header_only, "predictions.csv has no row; run the study again"),
        ("cross/runs", shutil.rmtree, "runs has no training; run the study again"),
        ("models/predictions/ours.csv", header_only, "ours.csv has no row; run the study again"),
        ("measured/scores.csv", header_only, "scores.csv has no row; evaluate it again"),
    ],
)
def test_read_result_refuses_a_damaged_file_with_its_fix(results, tmp_path, file, damage, words):
    root = tmp_path / file.partition("/")[0]
    shutil.copytree(results / root.name, root)
    damage(tmp_path / file)
    with pytest.raises(fer.RunError, match=words):
        list(read_result(root).observe())


def test_read_result_refuses_what_is_none(tmp_path, study):
    with pytest.raises(fer.RunError, match="There is no folder"):
        read_result(tmp_path / "nothing")
    with pytest.raises(fer.RunError, match="has no result; name the folder that train, study,"):
        read_result(tmp_path)
    (tmp_path / "study.json").write_text('{"variants": {}}', encoding="utf-8")
    with pytest.raises(fer.RunError, match=r"is not a finished study \(no variants.csv\)"):
        read_result(tmp_path)
