from pathlib import Path

from ferfusion.studies.study_folder import StudyFolder


def test_study_folder_names_the_files():
    files = StudyFolder(Path("study"))
    assert files.settings_file == Path("study/study.json")
    assert files.splits_file(3) == Path("study/splits/fold3.csv")
    assert files.table_file("error_patterns") == Path("study/error_patterns.csv")
    assert files.page_file == Path("study/report.html")
