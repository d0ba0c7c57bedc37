import pandas as pd
import pytest

from ferfusion.evaluation.people import people_table
from ferfusion.evaluation.predictions import video_level
from ferfusion.label_set import SIX
from helpers.runs import fake_predictions


def videos_of(subject, *, correct, wrong, code=0):
    """Videos of one class, of which some are predicted as the class, the others as the next one."""
    rows = []
    for number in range(correct + wrong):
        predicted = code if number < correct else code + 1
        probabilities = {name: float(k == predicted) for k, name in enumerate(SIX.probability_columns)}
        rows.append({"part": "test", "subject": subject, "video": number, "code": code, **probabilities})
    return pd.DataFrame(rows)


def test_people_table_has_wilsons_interval_of_each_person():
    """Wilson 1927: for 5 of 10, (0.5 + z²/20 ± z·√(0.025 + z²/400)) / (1 + z²/10), z = 1.96."""
    [row] = people_table(videos_of("a", correct=5, wrong=5), labels=SIX, confidence=0.95).to_dict("records")
    assert (row["videos"], row["war"], row["note"]) == (10, 0.5, "")
    assert (row["low"], row["high"]) == pytest.approx((0.2366, 0.7634), abs=1e-4)


@pytest.mark.parametrize(("count", "words"), [(1, "1 video: too few"), (9, "9 videos: too few")])
def test_people_table_notes_too_few_videos(count, words):
    table = people_table(videos_of("a", correct=count, wrong=0), labels=SIX, confidence=0.95)
    assert table["note"].iloc[0].startswith(words)
    assert (table["high"].iloc[0], table["war"].iloc[0]) == (1, 1)


def test_people_table_has_a_row_for_each_person_and_the_recall_over_their_classes():
    one = pd.concat([videos_of("b", correct=3, wrong=1), videos_of("b", correct=0, wrong=1, code=2)])
    table = people_table(pd.concat([one, videos_of("a", correct=1, wrong=0)]), labels=SIX, confidence=0.95)
    assert table["subject"].tolist() == ["a", "b"]
    assert table["classes"].tolist() == [1, 2]
    assert table["uar"].tolist() == [1.0, 0.375]
    assert table["war"].tolist() == [1.0, 0.6]


def test_people_table_counts_the_videos_of_a_run():
    predictions = fake_predictions()
    table = people_table(video_level(predictions, labels=SIX), labels=SIX, confidence=0.95)
    assert table["videos"].sum() == predictions["video"].nunique()
    assert set(table["part"]) == {"validation", "test"}


def test_people_table_of_no_video_is_empty():
    empty = videos_of("a", correct=1, wrong=0).iloc[:0]
    assert people_table(empty, labels=SIX, confidence=0.95).empty
