from dataclasses import replace

import pytest

from ferfusion.evaluation.measurement_page import measurement_story
from ferfusion.evaluation.recipe import EvaluateRecipe
from ferfusion.evaluation.report_page import PartSize, cautions, report_html
from ferfusion.evaluation.scoring import score_measured
from helpers.html_page import Page
from helpers.measurements import fake_measurement


def page_of(measured):
    scored = score_measured(measured, EvaluateRecipe(resamples=20))
    return Page(report_html(scored, measurement_story(scored), {}, cautions=cautions(scored)))


def test_measurement_story_has_the_size_of_the_dataset_and_no_path():
    story = measurement_story(score_measured(fake_measurement(), EvaluateRecipe(resamples=20)))
    assert story.sizes == [PartSize("Whole dataset", 4, 40, 400)]
    assert story.best_epoch is None
    settings = dict(story.settings)
    assert ("path", "others") in settings["Dataset"]


@pytest.mark.parametrize(
    ("changes", "words", "not_said"),
    [
        (
            {},
            "predicted 40 videos of 4 people that it had never seen.",
            ["Learning curves", "training part only", "all videos", "all part"],
        ),
        ({"unseen": False}, "predicted 40 videos of 4 people.", ["never seen"]),
        ({"part": "test"}, "predicted 40 test videos of 4 people that it had never seen.", ["epoch"]),
        ({"notes": ("The model has no Fear.",)}, "The model has no Fear.", []),
    ],
)
def test_measurement_page_tells_what_was_measured(changes, words, not_said):
    page = page_of(fake_measurement(**changes))
    assert words in page.words
    assert [word for word in not_said if word in page.words] == []
    assert page.open_tags == []
    assert "Always predicting “Sadness” gives 40.0 % and 16.7 %" in page.words


def test_cautions_of_a_whole_dataset_are_of_the_dataset():
    measured = fake_measurement()
    one = replace(measured, predictions=measured.predictions.query("subject == 'St00' and code < 5"))
    found = " ".join(cautions(score_measured(one, EvaluateRecipe(resamples=20))))
    assert "The dataset has a single person" in found
    assert "Without rows in the dataset: Surprise." in found
