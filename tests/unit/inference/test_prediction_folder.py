from pathlib import Path

from ferfusion.inference.prediction_folder import PredictionFolder


def test_prediction_folder_names_the_files_of_the_contract():
    files = PredictionFolder(Path("out/talk"))
    names = {
        path.name for path in (files.frames_file, files.verdict_file, files.annotated_file, files.page_file)
    }
    assert names == {"frames.csv", "verdict.json", "annotated.mp4", "report.html"}
    assert (files.onsets_file.name, files.means_file.name) == ("onsets.csv", "means.csv")
    assert (files.photographs_file.name, files.annotated_images.name) == ("photographs.csv", "annotated")
    assert {path.parent for path in (files.frames_file, files.page_file)} == {Path("out/talk")}
