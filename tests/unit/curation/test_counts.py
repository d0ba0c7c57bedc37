import pytest

from ferfusion.curation.counts import classes_table, count_lines, people_table, split_of
from ferfusion.curation.lost_faces import lost_faces
from ferfusion.splits.recipe import SplitRecipe
from ferfusion.splits.split import split_dataset
from helpers.curated import write_curated


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    """Fear has one person; S05 has Anger only."""
    labels = {f"S{number:02d}_fear_0": "Anger" for number in range(1, 5)}
    gone = {"S05_fear_0": "", "S05_sadness_0": ""}
    return write_curated(tmp_path_factory.mktemp("counts") / "data", labels=labels | gone)


def parts_of(dataset):
    """S00 is tested, S01 validates."""
    part_of = {"S00": "test", "S01": "validation"}
    return {clip: part_of.get(clip[:3], "train") for clip in dataset.pairs["clip"].unique()}


def test_classes_table_counts_videos_people_pairs_and_parts(dataset):
    found = classes_table(dataset, lost_faces(dataset), parts_of(dataset)).set_index("emotion")
    assert found[["videos", "people", "pairs"]].to_numpy().tolist() == [[10, 6, 40], [1, 1, 4], [5, 5, 20]]
    assert found[["train", "validation", "test"]].to_numpy().tolist() == [[7, 2, 1], [0, 0, 1], [3, 1, 1]]


def test_people_table_notes_people_with_few_videos_or_classes(dataset):
    found = people_table(dataset, lost_faces(dataset)).set_index("subject")
    assert (found.loc["S05", "videos"], found.loc["S05", "classes"]) == (1, 1)
    assert found.loc["S05", "note"] == "few videos: 1 (half of the people have 3 or more)"
    assert (found.drop(index="S05")["note"] == "").all()


def test_count_lines_name_rare_classes_imbalance_and_people(dataset):
    losses = lost_faces(dataset)
    classes = classes_table(dataset, losses, parts_of(dataset))
    words = " ".join(count_lines(dataset, classes, people_table(dataset, losses)))
    assert "Fear has videos of one person only" in words
    assert "Anger has 10.0 times the pairs of Fear" in words
    assert "right in 62.5\N{NO-BREAK SPACE}% of all pairs" in words
    assert "No video of Fear in the train part. No video of Fear in the validation part." in words
    assert "1 person with little: S05 (few videos: 1)." in words


def test_count_lines_of_a_balanced_dataset_are_none(tmp_path):
    dataset = write_curated(tmp_path / "data", people=2)
    losses = lost_faces(dataset)
    classes = classes_table(dataset, losses, {})
    assert list(count_lines(dataset, classes, people_table(dataset, losses))) == []


def test_split_of_a_dataset_whose_split_does_not_fit_says_why(tmp_path):
    dataset = write_curated(tmp_path / "data")
    split_dataset(dataset, SplitRecipe(seed=0), copies=())
    text = dataset.splits_file.read_text()
    dataset.splits_file.write_text(text.replace(",test", ",train", 1))
    parts, why_not = split_of(dataset)
    assert parts == {}
    assert "does not fit its header" in why_not
