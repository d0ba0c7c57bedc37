"""The report of an evaluation, as its reader sees it."""

import json

import numpy as np
import pytest

from ferfusion.evaluation.evaluate import evaluate_run
from ferfusion.evaluation.recipe import EvaluateRecipe
from ferfusion.evaluation.report_page import (
    Mistake,
    cautions,
    flat_settings,
    report_html,
    worst_mistakes,
)
from ferfusion.evaluation.run_folder import read_run
from ferfusion.evaluation.run_page import run_story
from ferfusion.evaluation.scoring import score_measured
from ferfusion.label_set import SEVEN, SIX
from helpers.html_page import Page
from helpers.runs import fake_config, fake_predictions, write_run

QUICK = EvaluateRecipe(resamples=50)


@pytest.fixture(scope="module")
def evaluated(tmp_path_factory):
    return evaluate_run(write_run(tmp_path_factory.mktemp("runs") / "gap-concat"), QUICK)


@pytest.fixture(scope="module")
def page(evaluated):
    return Page(evaluated.report.read_text(encoding="utf-8"))


@pytest.fixture
def scored(tmp_path):
    """Score a run of some predictions and settings."""

    def score(**files):
        return score_measured(read_run(write_run(tmp_path / "run", **files)), QUICK)

    return score


def words_of(scored):
    return Page(report_html(scored, run_story(scored), {}, cautions=cautions(scored))).words


def test_report_html_loads_nothing_from_outside(page, evaluated):
    assert page.loads
    assert all(load.startswith("data:image/png;base64,") for load in page.loads)
    assert "http" not in page.words
    assert "@import" not in evaluated.report.read_text(encoding="utf-8")


def test_report_html_closes_every_tag_and_describes_every_image(page):
    assert page.open_tags == []
    assert all(page.alts)


def test_report_html_has_war_and_uar_with_their_baselines(page, evaluated):
    head = evaluated.scored.of("test", "video")
    for estimate in (head.war, head.uar):
        assert f"{100 * estimate.value:.1f} %" in page.words
        assert f"{100 * estimate.baseline:.1f} %" in page.words
    assert "Always predicting “Sadness” gives 40.0 % and 16.7 %" in page.words


def test_report_html_states_protocol_and_limits(page):
    for words in ("displayed expression", "does not read minds", "predicted once", "Nobody is in two parts"):
        assert words in page.words
    assert "fewer than 10" in page.words  # four people


def test_report_html_has_every_setting(page):
    config = fake_config()
    for section in ("model", "recipe"):
        assert all(key in page.words for key in config[section])
    assert "recipe.keep_every" in page.words


def test_report_html_of_seven_classes_and_one_person(scored):
    table = fake_predictions(labels=SEVEN, subjects={"validation": 1, "test": 1}, pairs=2)
    words = words_of(scored(config=fake_config(labels=SEVEN), predictions=table))
    assert "no interval: one person" in words
    assert "a random guess among the 7 expressions of this part, has a UAR of 14.3" in words


def test_report_html_escapes_names_from_the_run(scored):
    config = json.loads(json.dumps(fake_config()).replace('"sample"', '"<script>alert(1)</script>"'))
    found = scored(config=config)
    html = report_html(found, run_story(found), {})
    assert "<script>" not in html
    assert "&lt;script&gt;" in html


def answers(predictions, predict, *, classes=SIX.names):
    """The rows of some classes, with a certain prediction of ``predict(true code)``."""
    table = predictions[predictions["emotion"].isin(classes)].copy()
    chosen = table["code"].map(predict)
    for code, name in enumerate(SIX.probability_columns):
        table[name] = (chosen == code).astype(float)
    return table


def test_cautions_of_a_model_that_knows_one_rare_class_compare_the_uar(scored):
    """Sadness leads; the model knows Anger and Fear and never says Sadness: UAR is above, WAR below."""
    table = answers(
        fake_predictions(), lambda code: 2 if code == 2 else 0, classes=["Anger", "Fear", "Sadness"]
    )
    found = " ".join(cautions(scored(predictions=table)))
    assert "On accuracy alone (WAR), always answering “Sadness” would be as good or better" in found
    assert "Nothing was learned" not in found


def test_cautions_of_a_constant_answer_say_that_nothing_was_learned(scored):
    table = answers(fake_predictions(), lambda code: 4)
    found = " ".join(cautions(scored(predictions=table)))
    assert (
        "Nothing was learned that the test part shows: always answering “Sadness” has a UAR of 16.7" in found
    )
    assert "Compare the UAR" not in found
    assert "reaches down" not in found


def test_cautions_of_a_model_whose_interval_reaches_the_baseline(scored):
    found = " ".join(cautions(scored(predictions=fake_predictions(skill=0.1, seed=1))))
    assert "does not show that the model recognises expressions" in found


@pytest.mark.parametrize(
    ("classes", "words"), [(3, "among the 3 expressions"), (1, "has a single expression")]
)
def test_report_html_has_the_chance_of_the_classes_that_occur(scored, classes, words):
    table = fake_predictions(pairs=2)
    assert words in words_of(scored(predictions=table[table["code"] < classes]))


def test_cautions_of_a_skilled_model_on_many_people_are_none(scored):
    table = fake_predictions(skill=2.0, pairs=2, subjects={"validation": 1, "test": 12})
    assert cautions(scored(predictions=table)) == []


def test_cautions_name_one_person_and_absent_classes(scored):
    table = fake_predictions(pairs=2, subjects={"validation": 1, "test": 1}).query("emotion != 'Fear'")
    found = cautions(scored(predictions=table))
    assert found[0].startswith("The test part has a single person")
    assert (
        "Without rows in the test part: Fear. UAR and macro-F1 are means over the other 5 classes." in found
    )


@pytest.mark.parametrize(
    ("people", "classes", "words", "not_said"),
    [
        (
            1,
            6,
            ["of one person", "The test part has a single person", "no interval: one person"],
            ["1 people"],
        ),
        (2, 6, ["of 2 people", "The test part has 2 people. With fewer than 10"], ["single person"]),
        (3, 6, ["of 3 people", "The test part has 3 people. With fewer than 10"], ["single person"]),
        (
            1,
            1,
            ["All others are Anger, so one answer can always be right.", "has a single expression"],
            ["1 classes", "1 expressions", "random guess"],
        ),
        (2, 2, ["are means over the other 2 classes", "among the 2 expressions"], ["Always right"]),
    ],
)
def test_report_html_over_small_cases(scored, people, classes, words, not_said):
    table = fake_predictions(pairs=1, subjects={"validation": 1, "test": people})
    text = words_of(scored(predictions=table[table["code"] < classes]))
    assert [word for word in words if word not in text] == []
    assert [word for word in not_said if word in text] == []


def test_report_html_of_one_video_is_singular(scored):
    table = fake_predictions(pairs=1, subjects={"validation": 1, "test": 1})
    one = table[(table["part"] == "validation") | (table["video"] == "St00_fear_0")]
    assert "predicted 1 test video of one person that it had never seen" in words_of(scored(predictions=one))


def test_report_html_without_a_test_part_says_so(scored):
    text = words_of(scored(predictions=fake_predictions(pairs=1).query("part == 'validation'")))
    assert "The people were divided into two parts" in text
    assert "There is no test part" in text
    assert "predicted 30 validation videos of 3 people. The predicted" in text


def test_cautions_of_a_model_that_answers_whole_videos(scored):
    found = cautions(scored(config=fake_config(architecture="hybrid")))
    assert found[-1].startswith("This model predicts whole videos")


def test_worst_mistakes_are_the_largest_shares_of_their_true_class(scored):
    table = fake_predictions(pairs=1)
    table[list(SIX.probability_columns)] = np.eye(6)[table["code"]]
    # of the 4 test videos of Fear one is taken for Anger; of the 16 of Sadness two for Disgust
    for emotion, count, answer in (("Fear", 1, "anger"), ("Sadness", 2, "disgust")):
        rows = table.query(f"part == 'test' and emotion == '{emotion}'").index[:count]
        table.loc[rows, list(SIX.probability_columns)] = 0.0
        table.loc[rows, f"p_{answer}"] = 1.0
    head = scored(predictions=table).of("test", "video")
    assert worst_mistakes(head, SIX) == [
        Mistake("Fear", "Anger", 1, 0.25),
        Mistake("Sadness", "Disgust", 2, 0.125),
    ]
    assert worst_mistakes(head, SIX, limit=1) == [Mistake("Fear", "Anger", 1, 0.25)]


def test_flat_settings_are_rows_of_text():
    group = {"epochs": 3, "augment": True, "labels": ["Anger", "Fear"], "stop": None, "recipe": {"size": 48}}
    assert flat_settings(group) == [
        ("epochs", "3"),
        ("augment", "yes"),
        ("labels", "Anger, Fear"),
        ("stop", "none"),
        ("recipe.size", "48"),
    ]
