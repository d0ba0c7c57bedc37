import pytest

from ferfusion.labelling.faces import faces_of, length_of
from ferfusion.preparation.recipe import PrepareRecipe
from helpers.face_videos import face_video


def test_faces_of_a_video_have_boxes_ten_times_a_second(tmp_path):
    video = face_video(tmp_path / "face.mp4", 30)
    seen = faces_of(video, PrepareRecipe())
    assert seen.seconds == pytest.approx(length_of(video)) == pytest.approx(1.2)
    [face] = seen.faces
    assert face.face == 0
    assert face.seen[1] == pytest.approx(1.16)
    assert 10 <= len(face.boxes) <= 16
    assert face.boxes[0][0] == pytest.approx(face.seen[0], abs=1e-3)


def test_length_of_a_photograph_is_0(tmp_path):
    from PIL import Image

    Image.new("RGB", (64, 64)).save(tmp_path / "a.png")
    assert length_of(tmp_path / "a.png") == 0
