from ferfusion.evaluation.run_files import EVALUATION_FILES, EXPLANATION_FILES, TRAINING_FILES


def test_run_files_belong_to_one_command_each():
    patterns = [*EVALUATION_FILES, *EXPLANATION_FILES, *TRAINING_FILES]
    assert len(set(patterns)) == len(patterns)
    assert {"groups.csv", "group_differences.csv"} < set(EVALUATION_FILES)
    assert {"votes.csv", "subjects.csv"} < set(TRAINING_FILES)
