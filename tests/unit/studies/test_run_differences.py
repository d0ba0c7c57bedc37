import pytest

from ferfusion.evaluation.recipe import EvaluateRecipe
from ferfusion.evaluation.run_folder import read_run
from ferfusion.evaluation.scoring import score_measured
from ferfusion.label_set import SEVEN
from ferfusion.studies.run_differences import differences, videos_tested
from helpers.runs import fake_config, fake_predictions, write_run

QUICK = EvaluateRecipe(resamples=10)
RELABELLED = {"St00_fear_0": "Anger", "St01_anger_0": "Fear"}
STATES = (
    "B and A are of different states of a dataset, although their test videos have the same names: "
    "videos, labels, subjects or clips have changed."
)


@pytest.fixture
def found(tmp_path):
    """The differences between a run of the sample and another one of changed predictions and dataset."""

    def find(change=None, dataset=(), labels=None):
        table = fake_predictions(pairs=1)
        runs = {"A": write_run(tmp_path / "A", predictions=table, config=fake_config())}
        config = fake_config() if labels is None else fake_config(labels=labels)
        other = fake_predictions(pairs=1, labels=labels) if labels else change(table) if change else table
        config["dataset"] |= dict(dataset)
        runs["B"] = write_run(tmp_path / "B", predictions=other, config=config)
        return differences({name: score_measured(read_run(path), QUICK) for name, path in runs.items()})

    return find


def relabelled(videos):
    def change(table):
        table = table.copy()
        for video, emotion in videos.items():
            table.loc[table["video"] == video, ["emotion", "code"]] = [
                emotion,
                0 if emotion == "Anger" else 2,
            ]
        return table

    return change


def test_differences_of_equal_datasets_are_none(found):
    assert found() == []


@pytest.mark.parametrize(
    ("videos", "start"),
    [
        (
            dict(list(RELABELLED.items())[:1]),
            "1 test video has another label in B than in A: St00_fear_0 (Anger / Fear).",
        ),
        (
            RELABELLED,
            "2 test videos have another label in B than in A: St00_fear_0 (Anger / Fear), "
            "St01_anger_0 (Fear / Anger).",
        ),
    ],
)
def test_differences_name_a_changed_label_for_what_it_is(found, videos, start):
    [sentence] = found(relabelled(videos))
    assert sentence.startswith(start)


def test_differences_ignore_a_changed_label_of_the_validation_part(found):
    assert found(relabelled({"Sv00_fear_0": "Anger"})) == []


def test_differences_name_another_person(found):
    def change(table):
        return table.assign(subject=table["subject"].where(table["video"] != "St00_fear_0", "St01"))

    [sentence] = found(change)
    assert sentence.startswith("1 test video is of another person in B than in A: St00_fear_0 (St01 / St00).")


@pytest.mark.parametrize(("videos", "words"), [(1, "1 video is in one"), (2, "2 videos are in one")])
def test_differences_count_videos_of_one_run_only(found, videos, words):
    gone = list(RELABELLED)[:videos]
    [sentence] = found(lambda table: table[~table["video"].isin(gone)], {"identity": "0" * 16})
    assert sentence.startswith(f"B and A do not have the same test videos: {words} of the two only.")


def test_differences_name_another_state_of_the_dataset(found):
    assert found(dataset={"identity": "0" * 16}) == [STATES]


def test_differences_name_another_preparation(found):
    recipe = fake_config()["dataset"]["recipe"] | {"size": 64}
    [sentence] = found(dataset={"identity": "0" * 16, "recipe": recipe})
    assert sentence.startswith("The datasets of B and A were prepared with other settings: size (64 / 48).")


def test_differences_name_other_classes(found):
    assert found(labels=SEVEN)[0].startswith("B and A do not have the same classes: Anger, ")


def test_videos_tested_are_those_of_the_test_part(tmp_path):
    run = read_run(write_run(tmp_path / "run", predictions=fake_predictions(pairs=1)))
    scored = score_measured(run, QUICK)
    videos = videos_tested(scored)
    assert len(videos) == 40
    assert videos.loc["St00_fear_0"].to_dict() == {"emotion": "Fear", "subject": "St00"}
