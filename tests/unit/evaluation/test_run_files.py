import pandas as pd

from ferfusion.evaluation.run_files import (
    EVALUATION_FILES,
    EXPLANATION_FILES,
    TRAINING_FILES,
    write_votes_and_people,
)


def test_run_files_belong_to_one_command_each():
    patterns = [*EVALUATION_FILES, *EXPLANATION_FILES, *TRAINING_FILES]
    assert len(set(patterns)) == len(patterns)
    assert {"groups.csv", "group_differences.csv"} < set(EVALUATION_FILES)
    assert {"votes.csv", "subjects.csv"} < set(TRAINING_FILES)


def test_write_votes_and_people_writes_those_of_the_predictions(tmp_path):
    predictions = pd.DataFrame({"video": ["v1", "v1"], "subject": ["a", "a"]})
    people = pd.DataFrame({"subject": ["a", "b"], "sex": ["f", "m"]})
    write_votes_and_people(tmp_path, predictions, votes=None, subjects=people)
    assert not (tmp_path / "votes.csv").exists()
    assert (tmp_path / "subjects.csv").read_text().splitlines() == ["subject,sex", "a,f"]
