import pandas as pd
import pytest

from ferfusion.evaluation.evaluate import evaluate_run
from ferfusion.evaluation.vote_scores import voted
from ferfusion.label_set import LabelSet
from ferfusion.preparation.votes import votes_by_class
from ferfusion.tables import write_table
from helpers.runs import fake_config, write_run

LABELS = LabelSet(("Anger", "Happiness", "Sadness"))
# the label, the prediction, and the votes of the raters: anger, happiness, sadness, unknown
IMAGES = {
    "a": ("Anger", "Anger", (6, 0, 4, 0)),
    "b": ("Anger", "Sadness", (1, 0, 9, 0)),
    "c": ("Happiness", "Happiness", (5, 5, 0, 0)),
    "d": ("Sadness", "Sadness", (0, 2, 3, 5)),
    "e": ("Sadness", "Happiness", (0, 0, 10, 0)),
}


def votes():
    columns = ["anger", "happiness", "sadness", "unknown"]
    rows = [{"video": name, **dict(zip(columns, row[2], strict=True))} for name, row in IMAGES.items()]
    return pd.DataFrame(rows)


def by_class(table):
    return votes_by_class(table.set_index("video"), LABELS)


def predictions():
    rows = []
    for place, (name, (label, predicted, _)) in enumerate(IMAGES.items()):
        row = {"part": "validation", "video": name, "clip": "pack", "subject": name, "frame": place}
        row["seconds"] = 0
        probabilities = {f"p_{each.lower()}": 0.8 if each == predicted else 0.1 for each in LABELS.names}
        rows.append(
            row | {"code": LABELS.code(label), "emotion": label} | probabilities | {"expression": predicted}
        )
    return pd.DataFrame(rows)


@pytest.fixture
def run(tmp_path):
    config = fake_config(labels=LABELS, architecture="spatial")
    config["dataset"]["stills"] = True
    folder = write_run(tmp_path / "run", config=config, predictions=predictions())
    write_table(folder / "votes.csv", votes())
    return folder


def test_voted_takes_a_clear_majority_as_the_label():
    table = voted(predictions(), by_class(votes()), LABELS)
    assert table[["video", "emotion", "code"]].to_numpy().tolist() == [
        ["a", "Anger", 0],
        ["b", "Sadness", 2],
        ["e", "Sadness", 2],
    ]


def test_voted_leaves_out_images_without_votes():
    table = voted(predictions(), by_class(votes().iloc[:2]), LABELS)
    assert list(table["video"]) == ["a", "b"]


def test_score_votes_are_beside_the_scores_on_labels(run):
    evaluation = evaluate_run(run)
    assert evaluation.scored.of("validation", "pair").war.value == pytest.approx(3 / 5)
    on_votes, per_pair = evaluation.voted
    assert [on_votes.level, per_pair.level] == ["video", "pair"]
    assert on_votes.rows == 3
    assert on_votes.war.value == pytest.approx(2 / 3)
    assert on_votes.uar.value == pytest.approx((1 + 1 / 2) / 2)
    assert [on_votes.war.majority, on_votes.uar.majority] == pytest.approx([2 / 3, 1 / 2])
    table = pd.read_csv(run / "scores_votes.csv")
    assert table.loc[table["metric"] == "war", "value"].tolist() == pytest.approx([2 / 3] * 2)


def test_score_votes_of_a_run_without_votes_are_none(run):
    (run / "votes.csv").unlink()
    assert evaluate_run(run).voted == ()
    assert not (run / "scores_votes.csv").exists()


def test_report_html_of_images_states_the_limits_of_its_parts(run):
    page = evaluate_run(run).report.read_text(encoding="utf-8")
    assert "The split is the official one of the corpus" in page
    assert "There is no test part" in page
    assert "The people in the images are unknown" in page
    assert "Nobody is in two parts" not in page
    assert "One rater names the label in 50.0" in page
