from pathlib import Path

from ferfusion.inference.prediction_folder import PredictionFolder, batch_folder, batch_folders


def test_prediction_folder_names_the_files_of_the_contract():
    files = PredictionFolder(Path("out/talk"))
    names = {
        path.name for path in (files.frames_file, files.verdict_file, files.annotated_file, files.page_file)
    }
    assert names == {"frames.csv", "verdict.json", "annotated.mp4", "report.html"}
    assert (files.onsets_file.name, files.means_file.name) == ("onsets.csv", "means.csv")
    assert (files.photographs_file.name, files.annotated_images.name) == ("photographs.csv", "annotated")
    assert {path.parent for path in (files.frames_file, files.page_file)} == {Path("out/talk")}


def test_batch_folders_are_in_the_order_of_their_numbers(tmp_path):
    for number in (2, 100_000, 10, 1):
        batch_folder(tmp_path, number).mkdir()
    (tmp_path / "batch-1").mkdir()
    assert list(batch_folders(tmp_path)) == ["00001", "00002", "00010", "100000"]
    assert batch_folders(tmp_path)["00010"] == tmp_path / "batch-00010"
