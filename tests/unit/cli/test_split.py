import pytest
from cyclopts import App

from ferfusion.cli.split import split
from ferfusion.errors import DatasetError
from ferfusion.preparation.dataset import open_dataset
from ferfusion.splits.recipe import SplitRecipe
from ferfusion.splits.split import make_parts
from helpers.datasets import write_dataset


@pytest.fixture
def app():
    return App(default_command=split, result_action="return_value")


@pytest.fixture
def dataset(tmp_path, monkeypatch):
    """Of six people whose images differ too little for the search for copies."""
    monkeypatch.setattr("ferfusion.splits.split.find_copies", lambda _, *, similarity: ())
    return write_dataset(tmp_path / "dataset", subjects=6)


@pytest.mark.parametrize(
    ("line", "recipe"),
    [
        (["--folds", "3", "--fold", "2"], SplitRecipe(folds=3, fold=2)),
        (["--folds", "subjects", "--fold", "5"], SplitRecipe(folds="subjects", fold=5)),
        (["--validation", "0.3", "--seed", "4"], SplitRecipe(validation=0.3, seed=4)),
    ],
)
def test_split_has_protocols_as_options(app, dataset, capsys, line, recipe):
    app([str(dataset), *line], exit_on_error=False)
    opened = open_dataset(dataset)
    tested = {clip for clip, part in make_parts(opened, recipe).items() if part == "test"}
    table = opened.root / "splits.csv"
    assert {row.split(",")[0] for row in table.read_text().splitlines() if row.endswith(",test")} == tested
    fold = f", fold {recipe.fold}" if recipe.folds else ""
    assert f"Kept pairs of each part{fold}\n" in "\n".join(
        text.rstrip() for text in capsys.readouterr().out.splitlines()
    )


def test_split_names_the_better_command_where_parts_are_small(app, dataset, capsys):
    app([str(dataset)], exit_on_error=False)
    words = " ".join(capsys.readouterr().out.split())
    assert "The test part has 1 of 6 people: there is no interval over people" in words
    assert f"ferfusion study {dataset} STUDY --folds subjects tests each of the 6 people." in words


def test_split_refuses_people_who_look_the_same_and_writes_nothing(app, tmp_path):
    dataset = write_dataset(tmp_path / "dataset", subjects=4)
    (dataset / "splits.csv").unlink()
    with pytest.raises(DatasetError, match="in different parts show the same images"):
        app([str(dataset)], exit_on_error=False)
    assert not (dataset / "splits.csv").exists()
