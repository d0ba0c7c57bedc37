import pytest

from ferfusion.errors import ConfigError
from ferfusion.inference.explained_folder import SOURCE, choose_explained_folder, write_source


def test_choose_explained_folder_keeps_videos_of_one_name_apart(tmp_path):
    out = tmp_path / "out"
    videos = [tmp_path / place for place in ("a/clip.mp4", "b/clip.mp4", "b/clip.mov", "videos.csv.mp4")]
    chosen = []
    for video in videos * 2:
        folder = choose_explained_folder(out, video)
        folder.mkdir(parents=True, exist_ok=True)
        write_source(folder, video)
        chosen.append(folder.name)
    assert chosen == ["clip", "clip-2", "clip-3", "videos.csv-2"] * 2


def test_choose_explained_folder_leaves_a_folder_of_something_else(tmp_path):
    (tmp_path / "clip").mkdir()
    assert choose_explained_folder(tmp_path, tmp_path / "clip.mp4") == tmp_path / "clip-2"


def test_choose_explained_folder_uses_the_folder_of_the_prediction_of_the_video(tmp_path):
    (tmp_path / "clip").mkdir()
    (tmp_path / "videos.csv").write_text(f"folder,video\nclip,{tmp_path}/clip.mp4\n")
    assert choose_explained_folder(tmp_path, tmp_path / "clip.mp4") == tmp_path / "clip"


def test_choose_explained_folder_names_a_damaged_source(tmp_path):
    (tmp_path / "clip").mkdir()
    (tmp_path / "clip" / SOURCE).write_text("{")
    with pytest.raises(ConfigError, match=r"explained\.json is damaged .*; move the folder clip away"):
        choose_explained_folder(tmp_path, tmp_path / "clip.mp4")
