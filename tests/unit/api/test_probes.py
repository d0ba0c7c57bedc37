import pytest

import ferfusion as fer


def test_probe_tells_a_video_by_its_first_frame(sample_corpus):
    seen = fer.probe(sample_corpus / "s01" / "fear" / "s01_fear_1.mp4")
    assert (seen.kind, seen.width, seen.height, seen.frames_per_second) == ("video", 176, 176, 25.0)
    assert seen.seconds == pytest.approx(1.28)


def test_probe_tells_a_photograph(tmp_path):
    import cv2
    import numpy as np

    cv2.imwrite(str(tmp_path / "a.png"), np.zeros((20, 30, 3), np.uint8))
    assert fer.probe(tmp_path / "a.png") == fer.Probe("photograph", width=30, height=20)


def test_probe_tells_a_model_by_its_name(tmp_path):
    (tmp_path / "a.safetensors").write_bytes(b"")
    assert fer.probe(tmp_path / "a.safetensors").kind == "bundle"


@pytest.mark.parametrize("name", ["a.mp4", "a.png", "a.txt", "none.mp4", "none.safetensors", "a.heic"])
def test_probe_gives_the_reason_of_a_file_that_it_cannot_read(tmp_path, name):
    if name.startswith("a"):
        (tmp_path / name).write_bytes(b"text")
    seen = fer.probe(tmp_path / name)
    assert seen.kind == "unreadable"
    assert name in seen.reason


def test_find_videos_lists_a_folder_and_refuses_an_empty_one(tmp_path, sample_corpus):
    assert len(fer.find_videos(sample_corpus / "s01")) == 12
    with pytest.raises(fer.ConfigError, match="There is no video or photograph"):
        fer.find_videos(tmp_path)
