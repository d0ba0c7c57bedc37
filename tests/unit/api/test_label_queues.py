import pandas as pd
import pytest

import ferfusion as fer
from ferfusion.errors import ConfigError, DatasetError
from helpers.curated import write_answers, write_curated
from helpers.datasets import write_dataset


def with_videos(folder, *, before=""):
    """Write the table of the videos of a dataset, with something before their names."""
    videos = fer.Dataset(folder).pairs.drop_duplicates("video")
    rows = [
        f"{before}{video},{video}.mp4,{emotion},,ok,"
        for video, emotion in zip(videos["video"], videos["emotion"], strict=True)
    ]
    (folder / "videos.csv").write_text("\n".join(["video,path,emotion,part,status,reason", *rows]) + "\n")


@pytest.fixture
def study(tmp_path):
    dataset = write_curated(tmp_path / "data", people=3, labels={"S00_fear_0": "Anger"})
    with_videos(tmp_path / "data")
    folder = write_answers(tmp_path / "study", dataset, {"S00_fear_0": "Fear"}, uar_low={"a": 0.5}, seeds=3)
    table = pd.read_csv(folder / "variants.csv").assign(letters="")
    table.to_csv(folder / "variants.csv", index=False)
    return folder


def test_label_queue_of_a_study_begins_with_the_label_that_it_contradicts(tmp_path, study):
    queue = fer.label_queue(tmp_path / "data", study, tmp_path / "corpus.csv", number=1)
    first = queue.iloc[0]
    assert (first["video"], first["label"], first["named"]) == ("S00_fear_0", "Anger", "Fear")
    assert first["reason"] == "a model disagrees with the label"
    assert first["path"] == str(tmp_path / "S00_fear_0.mp4")  # beside the table of the corpus
    assert queue["video"].is_unique


def test_label_queue_refuses_what_says_nothing_of_the_labels(tmp_path, study):
    with pytest.raises(ConfigError, match="number must be at least 1"):
        fer.label_queue(tmp_path / "data", study, tmp_path, number=0)
    other = write_dataset(tmp_path / "other", frames=3)
    with_videos(other, before="other")
    with pytest.raises(DatasetError, match=r"No prediction of .* is of a video of"):
        fer.label_queue(other, study, tmp_path)


def test_label_queue_of_a_run_has_people_of_its_test_part(tmp_path, trained):
    data = trained.folder.parent / "data"
    with_videos(data)
    queue = fer.label_queue(data, trained, tmp_path, number=100)
    assert set(queue["video"]) == set(trained.predictions["video"])
    with pytest.raises(ConfigError, match="which has no variants"):
        fer.label_queue(data, trained, tmp_path, variant="a")
