from dataclasses import replace

import cv2
import numpy as np
import pytest

from ferfusion.actions.estimator import FaceActions
from ferfusion.corpora.entries import LabelledFace, VideoEntry
from ferfusion.files import read_json
from ferfusion.preparation.clip_file import clip_views, read_clip
from ferfusion.preparation.frame_preparer import FramePreparer
from ferfusion.preparation.labelled_video import FRAME_COLUMNS, PrepareJob, prepare_video
from ferfusion.preparation.recipe import PrepareRecipe
from helpers.scenes import SquareDetector, frames_of, grey_video, paint
from helpers.videos import damage, numbered, write_video

FACE = (60, 30, 30)
RECIPE = PrepareRecipe(detector="squares", keep_every=1)


@pytest.fixture
def squares(monkeypatch):
    monkeypatch.setattr("ferfusion.preparation.frame_preparer.DETECTORS", {"squares": SquareDetector})


def job(tmp_path, path, *, images=False, recipe=RECIPE, **entry):
    return PrepareJob(VideoEntry(path, "v", "s1", "Fear", **entry), tmp_path / "dataset", recipe, images)


def rows(done):
    part = read_json(done.rows_file)
    return (
        part["video"],
        [dict(zip(FRAME_COLUMNS, row, strict=True)) for row in part["frames"]],
        part["pairs"],
    )


def arrays_of(tmp_path, images, **settings):
    """The clip file of a scene."""
    path = grey_video(tmp_path / "v.mkv", images)
    done = job(tmp_path, path, recipe=replace(RECIPE, **settings))
    prepare_video(done)
    return read_clip(done.dataset / "clips" / "v.safetensors")


def test_clip_joins_a_face_that_was_away_for_long(tmp_path, squares):
    arrays = arrays_of(tmp_path, [paint([] if 15 <= k < 60 else [FACE]) for k in range(75)])
    assert arrays["frame_index"].tolist() == [*range(15), *range(60, 75)]
    assert arrays["pair_ok"].tolist() == [True] * 14 + [False] + [True] * 14
    assert not arrays["flow"][14].any()  # no flow across the gap


def test_clip_has_the_largest_face_and_no_other(tmp_path, squares):
    arrays = arrays_of(tmp_path, [paint([(10, 10, 24), (90, 20, 50)])] * 30)
    assert arrays["frame_index"].tolist() == list(range(30))
    assert arrays["boxes"][:, 2] == pytest.approx(50, abs=2)


@pytest.mark.parametrize(("box", "width"), [((8, 8, 28, 28), 24), ((90, 20, 50, 50), 50)])
def test_clip_has_the_face_of_the_label(tmp_path, squares, box, width):
    path = grey_video(tmp_path / "v.mkv", [paint([(10, 10, 24), (90, 20, 50)])] * 30)
    done = job(tmp_path, path, face=LabelledFace("0", 0.6, box), start_seconds=0.4, end_seconds=1.0)
    prepare_video(done)
    boxes = read_clip(done.dataset / "clips" / "v.safetensors")["boxes"]
    assert len(boxes) == 15
    assert boxes[:, 2] == pytest.approx(width, abs=2)
    assert done.stamp["face"] == [0.6, *box]
    assert "face" not in job(tmp_path, path).stamp


@pytest.mark.parametrize("seconds", [0.6, 5.0])
def test_video_without_the_face_of_the_label_says_so(tmp_path, squares, seconds):
    path = grey_video(tmp_path / "v.mkv", [paint([(90, 20, 50)])] * 30)
    box = (8.0, 8.0, 28.0, 28.0) if seconds < 1 else (90.0, 20.0, 50.0, 50.0)
    done = job(tmp_path, path, face=LabelledFace("0", seconds, box))
    prepare_video(done)
    row, _, _ = rows(done)
    assert row["status"] == "no_face"
    assert row["reason"].startswith(f"the face of the label, at {seconds:g} s, ")
    assert row["reason"].endswith(" is not there; other faces are")


def test_clip_has_a_long_lasting_face_before_a_large_one_that_passes(tmp_path, squares):
    images = [paint([(10, 10, 30)] + ([(80, 20, 50)] if k < 12 else [])) for k in range(80)]
    arrays = arrays_of(tmp_path, images)
    assert arrays["frame_index"].tolist() == list(range(80))
    assert arrays["boxes"][:, 0] == pytest.approx(10, abs=2)


def test_clip_arrays_are_those_of_the_contract(tmp_path, squares):
    arrays = arrays_of(tmp_path, [paint([(40 + k, 30, 30)]) for k in range(12)], size=32)
    assert {name: (array.shape, array.dtype) for name, array in arrays.items()} == {
        "crops": ((12, 32, 32, 3), np.uint8),
        "flow": ((11, 2, 32, 32), np.float16),
        "pair_ok": ((11,), np.bool_),
        "frame_index": ((12,), np.int32),
        "seconds": ((12,), np.float64),
        "boxes": ((12, 4), np.float32),
        "scores": ((12,), np.float32),
    }
    assert arrays["frame_index"].tolist() == list(range(12))
    assert arrays["seconds"] == pytest.approx(np.arange(12) / 25, abs=1e-3)
    assert arrays["boxes"][:, 0] == pytest.approx(40 + np.arange(12), abs=1.5)
    assert arrays["pair_ok"].all()


def test_clip_file_holds_what_the_preparer_returned(tmp_path, squares):
    images = [paint([(40 + k, 30, 30)], seed=1) for k in range(14)]
    arrays = arrays_of(tmp_path, images)
    prepared = [frame.faces[0] for frame in FramePreparer(RECIPE).prepare(frames_of(images))]
    assert np.array_equal(arrays["crops"], np.stack([face.crop for face in prepared]))
    assert np.array_equal(arrays["flow"], np.stack([face.flow for face in prepared[:-1]]))
    assert np.array_equal(arrays["boxes"], np.stack([face.box for face in prepared]).astype(np.float32))


def test_prepare_video_writes_what_was_prepared(tmp_path, squares):
    path = grey_video(tmp_path / "v.mkv", [paint([(40 + k, 30, 30)]) for k in range(20)])
    done = job(tmp_path, path)
    assert prepare_video(done) == "v"
    video, frames, pairs = rows(done)
    assert video == {"fps": 25, "frames": 20, "faces": 20, "pairs": 18, "status": "ok", "reason": ""}
    arrays = read_clip(done.dataset / "clips" / "v.safetensors")
    # two segments of 16 and 4 frames: pair 15 would lead from one into the other
    assert pairs == [[k // 16, k, k, pytest.approx(arrays["seconds"][k])] for k in range(19) if k != 15]
    assert [(row["frame"], row["status"]) for row in frames] == [(k, "ok") for k in range(20)]
    for row, box in zip(frames, arrays["boxes"], strict=True):
        assert [row[key] for key in "xywh"] == pytest.approx(box.tolist(), abs=0.01)
    assert not (done.dataset / "imgs_flow").exists()


def test_prepare_video_writes_a_row_for_every_decoded_frame(tmp_path, squares):
    images = [paint([] if 15 <= k < 30 else [FACE]) for k in range(45)]
    done = job(tmp_path, grey_video(tmp_path / "v.mkv", images))
    prepare_video(done)
    _, frames, pairs = rows(done)
    assert [row["status"] for row in frames] == ["ok"] * 15 + ["no_face"] * 15 + ["ok"] * 15
    assert all(row["x"] is None and row["score"] is None for row in frames[15:30])
    assert {segment for segment, *_ in pairs} == {0, 1}


def test_prepare_video_of_an_interval_keeps_the_files_frame_indices(tmp_path, squares):
    path = grey_video(tmp_path / "v.mkv", [paint([FACE])] * 50)
    done = job(tmp_path, path, start_seconds=0.8, end_seconds=1.6)
    prepare_video(done)
    video, frames, _ = rows(done)
    assert video["frames"] == 20
    assert [row["frame"] for row in frames] == list(range(20, 40))
    assert [row["seconds"] for row in frames] == pytest.approx([k / 25 for k in range(20, 40)])


def test_prepare_video_says_that_an_interval_is_outside_the_video(tmp_path, squares):
    path = grey_video(tmp_path / "v.mkv", [paint([FACE])] * 5)
    done = job(tmp_path, path, start_seconds=3.0)
    prepare_video(done)
    video, _, _ = rows(done)
    assert video["status"] == "unreadable"
    assert video["reason"] == "no frame is shown from 3 s on; the video lasts 0.20 s"


@pytest.mark.parametrize(
    ("make", "status", "reason"),
    [
        (lambda path: path.write_text("a diary"), "unreadable", "Cannot open v.mp4 as a video"),
        (lambda path: write_video(path, numbered(30)), "no_face", "no face in any of 30 frames"),
        (
            lambda path: damage(write_video(path, numbered(9), every_frame_alone=True), range(9)),
            "unreadable",
            "nothing can be decoded in any of 9 frames",
        ),
    ],
    ids=["text", "no face", "all damaged"],
)
def test_prepare_video_gives_an_unusable_video_a_row_with_the_reason(tmp_path, squares, make, status, reason):
    path = tmp_path / "v.mp4"
    make(path)
    done = job(tmp_path, path, images=True)
    prepare_video(done)
    video, frames, pairs = rows(done)
    assert (video["status"], video["pairs"], pairs) == (status, 0, [])
    assert reason in video["reason"]
    assert len(frames) == video["frames"]
    assert [path.name for path in done.dataset.iterdir()] == [".rows"]


def test_prepare_video_counts_damaged_frames_and_uses_the_rest(tmp_path, squares):
    path = grey_video(tmp_path / "v.mp4", [paint([FACE])] * 30)
    damage(path, range(12, 14))
    done = job(tmp_path, path)
    prepare_video(done)
    video, frames, _ = rows(done)
    assert (video["status"], video["frames"]) == ("ok", 30)
    errors = [row["frame"] for row in frames if row["status"] == "decode_error"]
    assert 12 in errors
    assert video["faces"] == 30 - len(errors)


def test_prepare_video_makes_no_second_row_for_a_second_face(tmp_path, squares):
    """The large face has the clip; a frame that shows only the small one shows no face of the clip."""
    images = [paint([(10, 10, 20)] if k < 40 else [(10, 10, 20), (90, 20, 50)]) for k in range(240)]
    done = job(tmp_path, grey_video(tmp_path / "v.mkv", images))
    prepare_video(done)
    video, frames, _ = rows(done)
    assert len(frames) == video["frames"] == 240
    assert {row["status"] for row in frames[:40]} == {"no_face"}
    assert {row["status"] for row in frames[-60:]} == {"ok"}
    assert sum(row["status"] == "ok" for row in frames) == video["faces"]


def test_prepare_video_uses_every_image_of_crops_of_different_sizes(tmp_path):
    folder = tmp_path / "crops"
    folder.mkdir()
    face = cv2.GaussianBlur(np.random.default_rng(0).integers(0, 255, (247, 247, 3), np.uint8), (0, 0), 9)
    sides = [225, 269, 240, 240, 231, 269, 250, 225, 226, 247, 260, 230]
    for number, side in enumerate(sides):
        cv2.imwrite(str(folder / f"{number}.png"), cv2.resize(face, (side, side)))
    done = job(tmp_path, folder, recipe=PrepareRecipe(detector="none", keep_every=1))
    prepare_video(done)
    video, frames, pairs = rows(done)
    assert [frame["status"] for frame in frames] == ["ok"] * 12
    assert {(frame["w"], frame["h"]) for frame in frames} == {(225, 225)}
    assert (video["status"], len(pairs)) == ("ok", 11)
    flow = read_clip(done.clip_file)["flow"].astype(float)
    assert np.abs(flow).max() < 0.5  # the same face at the same place, but for the resizing


class ActionsOfFrames:
    """Gives frame k the coefficients k / 100 and the pose (k, 2 k, 3 k), but none to frame 3."""

    def follow(self, frames):
        for tracked in frames:
            k = tracked.frame.index
            found = FaceActions(
                np.full(52, k / 100, np.float32),
                np.array([k, 2 * k, 3 * k], np.float32),
                np.zeros((478, 3), np.float32),
                1.0,
            )
            yield tracked, (None if k == 3 else found,) * len(tracked.faces)


def test_clip_has_the_actions_that_are_wanted(tmp_path, squares, monkeypatch):
    monkeypatch.setattr("ferfusion.preparation.frame_preparer.make_estimator", lambda _: ActionsOfFrames())
    path = grey_video(tmp_path / "v.mkv", [paint([(40 + k, 30, 30)]) for k in range(12)])
    plain = job(tmp_path, path)
    prepare_video(plain)
    without = read_clip(plain.clip_file)
    wanted = replace(plain, actions="face-landmarker")
    prepare_video(wanted)
    arrays = read_clip(wanted.clip_file)
    assert set(arrays) - set(without) == {"actions", "pose"}
    assert all(np.array_equal(arrays[name], without[name]) for name in without)
    assert (arrays["actions"].shape, arrays["pose"].shape) == ((12, 52), (12, 3))
    assert arrays["actions"].dtype == arrays["pose"].dtype == np.float32
    assert arrays["pose"][5].tolist() == [5, 10, 15]
    assert np.isnan(arrays["actions"]).all(axis=1).tolist() == [k == 3 for k in range(12)]
    views = clip_views(np.fromfile(wanted.clip_file, np.uint8), wanted.clip_file)
    assert np.array_equal(views["actions"], arrays["actions"], equal_nan=True)


def test_actions_change_the_stamp_and_their_absence_does_not(tmp_path):
    plain = job(tmp_path, tmp_path / "v.mkv")
    assert "actions" not in plain.stamp
    assert replace(plain, actions="face-landmarker").stamp == plain.stamp | {"actions": "face-landmarker"}
