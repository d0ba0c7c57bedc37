import numpy as np
import pytest

from ferfusion.errors import ConfigError
from ferfusion.faces.boxes import grow_to_square
from ferfusion.flow.estimators import farneback
from ferfusion.preparation.crop import cut_plane
from ferfusion.preparation.frame_preparer import STATUSES, FramePreparer
from ferfusion.preparation.recipe import PrepareRecipe
from helpers.scenes import SURE, UNSURE, SquareDetector, frames_of, paint, prepare_scene

FACE = (60, 30, 30)


class JitteringDetector(SquareDetector):
    """Its boxes are off by up to three pixels, by another offset each time."""

    def __init__(self):
        self._rng = np.random.default_rng(0)

    def detect(self, luma, **sizes):
        found = super().detect(luma, **sizes)
        return [type(each)(each.box + self._rng.uniform(-3, 3, 4), each.score) for each in found]


@pytest.mark.parametrize("smoothing", [0.0, 2.0])
def test_prepare_adds_no_motion_by_a_box_that_jitters(monkeypatch, smoothing):
    frames = prepare_scene(monkeypatch, [paint([FACE])] * 30, detector=JitteringDetector, smoothing=smoothing)
    faces = [frame.faces[0] for frame in frames]
    assert np.ptp([face.box for face in faces], axis=0).max() > 0.5  # the box moves
    still = [farneback(face.luma, face.luma).astype(np.float16) for face in faces]
    for face, nothing in zip(faces[:-1], still, strict=False):
        assert np.array_equal(face.flow, nothing)
    assert max(abs(flow).mean() for flow in still) < 0.05


def test_prepare_cuts_both_images_of_a_flow_with_the_box_of_the_first(monkeypatch):
    images = [paint([(30 + 2 * k, 30, 30)]) for k in range(16)]
    frames = prepare_scene(monkeypatch, images)
    for frame in frames[:-1]:
        [face] = frame.faces
        first, second = (
            cut_plane(images[place], face.box, size=48) for place in (frame.index, frame.index + 1)
        )
        assert np.array_equal(face.luma, first)
        assert np.array_equal(face.flow, farneback(first, second).astype(np.float16))
    assert frames[-1].faces[0].flow is None


def test_prepared_face_has_the_documented_arrays(monkeypatch):
    [frame, *_] = prepare_scene(monkeypatch, [paint([FACE])] * 12, size=32, margin=0.2)
    [face] = frame.faces
    assert face.crop.shape == (32, 32, 3)
    assert face.crop.dtype == np.uint8
    assert face.luma.shape == (32, 32)
    assert face.luma.dtype == np.uint8
    assert face.flow.shape == (2, 32, 32)
    assert face.flow.dtype == np.float16
    assert face.box == pytest.approx(
        grow_to_square(np.array([60, 30, 30, 30], np.float64), margin=0.2), abs=1.5
    )
    assert face.score == 5.0
    # the image is grey, so the crop is the luma in full range
    grey = (face.luma.astype(float) - 16) * 255 / 219
    assert abs(face.crop - grey[..., None]).max() <= 1


def test_margin_shows_more_of_the_image(monkeypatch):
    tight, wide = (
        prepare_scene(monkeypatch, [paint([FACE])] * 12, margin=margin)[0].faces[0] for margin in (0.0, 0.5)
    )
    assert (tight.luma > 200).mean() > 0.85
    assert (wide.luma > 200).mean() == pytest.approx(0.25, abs=0.05)


@pytest.mark.parametrize(
    ("image", "status"),
    [
        (paint([FACE]), "ok"),
        (paint(), "no_face"),
        (paint([(60, 30, 8)]), "small_face"),
        (paint([FACE], brightness=UNSURE), "low_score"),
        (None, "decode_error"),
    ],
    ids=["ok", "no_face", "small_face", "low_score", "decode_error"],
)
def test_status_of_a_frame(monkeypatch, image, status):
    """A frame that was not searched has no rejected detection, so its status is no_face."""
    frames = prepare_scene(monkeypatch, [image] * 20, min_face=0.1)
    assert status in STATUSES
    assert {frame.status for frame in frames} <= {status, "no_face"}
    assert frames[0].status == status
    if status in ("ok", "decode_error"):
        assert {frame.status for frame in frames} == {status}


def test_rejected_detection_is_kept_with_its_box(monkeypatch):
    [small, unsure] = (
        prepare_scene(monkeypatch, [image] * 9, min_face=0.1)[0]
        for image in (paint([(60, 30, 8)]), paint([FACE], brightness=UNSURE))
    )
    assert small.rejected.box == pytest.approx([60, 30, 8, 8], abs=1.5)
    assert unsure.rejected.box == pytest.approx([60, 30, 30, 30], abs=1.5)
    assert unsure.rejected.score < SquareDetector.min_score
    assert (small.faces, unsure.faces) == ((), ())


def test_status_of_an_undecodable_frame_is_never_a_missing_face(monkeypatch):
    images = [None if 10 <= k < 13 or k == 20 else paint([FACE]) for k in range(30)]
    frames = prepare_scene(monkeypatch, images)
    assert [f.index for f in frames if f.status == "decode_error"] == [10, 11, 12, 20]
    assert {f.status for f in frames if images[f.index] is not None} == {"ok"}
    # no flow into or across the gap
    assert [f.index for f in frames if f.faces and f.faces[0].flow is None] == [9, 19, 29]
    assert all(f.faces == () for f in frames if f.status == "decode_error")


def test_prepare_only_damaged_frames_and_no_frames(monkeypatch):
    frames = prepare_scene(monkeypatch, [None] * 15)
    assert [(frame.index, frame.status) for frame in frames] == [(k, "decode_error") for k in range(15)]
    assert prepare_scene(monkeypatch, []) == []


def test_prepare_keeps_times(monkeypatch):
    frames = prepare_scene(monkeypatch, [paint([FACE])] * 12)
    assert [frame.seconds for frame in frames] == [k / 25 for k in range(12)]


def test_prepare_cuts_a_face_at_the_border_with_the_edge_repeated(monkeypatch):
    frames = prepare_scene(monkeypatch, [paint([(2, 2, 30)])] * 12, margin=0.5)
    face = frames[0].faces[0]
    assert face.box[:2].max() < 0
    assert np.array_equal(face.luma, cut_plane(paint([(2, 2, 30)]), face.box, size=48))


def test_preparer_keeps_nothing_between_videos(monkeypatch):
    from helpers.scenes import frames_of

    monkeypatch.setattr("ferfusion.preparation.frame_preparer.DETECTORS", {"squares": SquareDetector})
    preparer = FramePreparer(PrepareRecipe(detector="squares"))
    images = [paint([(40 + k, 30, 30)]) for k in range(20)]
    first, again = (list(preparer.prepare(frames_of(images))) for _ in range(2))
    for one, other in zip(first, again, strict=True):
        assert one.faces[0].track == other.faces[0].track == 0
        assert np.array_equal(one.faces[0].box, other.faces[0].box)
        assert np.array_equal(one.faces[0].crop, other.faces[0].crop)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"detector": "haarr"}, "Unknown detector 'haarr'; choose one of .*haar.*Did you mean 'haar'"),
        ({"flow": "farnback"}, "Unknown flow estimator 'farnback'.*Did you mean 'farneback'"),
    ],
)
def test_preparer_refuses_an_unknown_name_with_a_hint(settings, message):
    with pytest.raises(ConfigError, match=message):
        FramePreparer(PrepareRecipe(**settings))


def test_prepare_two_faces_each_with_its_own_crop(monkeypatch):
    images = [paint([FACE, (110, 30, 36)], width=192)] * 20
    for frame in prepare_scene(monkeypatch, images):
        assert sorted(face.track for face in frame.faces) == [0, 1]
        assert sorted(float(face.box[2]) for face in frame.faces) == pytest.approx([30, 36], abs=2)
        for face in frame.faces:
            assert (face.luma[10:-10, 10:-10] == SURE).all()


def test_prepare_without_flow_gives_the_same_frames_without_flow(monkeypatch):
    images = [paint([] if k == 4 else [(30 + k, 30, 30), (90, 30, 24)], seed=k) for k in range(8)]
    with_flow = prepare_scene(monkeypatch, images)

    def refuse(first, second):
        raise AssertionError("flow is computed")

    monkeypatch.setattr("ferfusion.preparation.frame_preparer.FLOW_ESTIMATORS", {"farneback": refuse})
    preparer = FramePreparer(PrepareRecipe(detector="squares"), flow=False)
    without = list(preparer.prepare(frames_of(images)))
    assert any(face.flow is not None for frame in with_flow for face in frame.faces)
    assert all(face.flow is None for frame in without for face in frame.faces)
    assert [(one.index, one.status, one.chosen) for one in without] == [
        (one.index, one.status, one.chosen) for one in with_flow
    ]
    for one, other in zip(without, with_flow, strict=True):
        assert [face.track for face in one.faces] == [face.track for face in other.faces]
        for face, same in zip(one.faces, other.faces, strict=True):
            assert np.array_equal(face.crop, same.crop)
            assert np.array_equal(face.box, same.box)


def test_prepare_with_actions_adds_those_of_the_estimator(monkeypatch):
    class Estimator:
        def follow(self, frames):
            for tracked in frames:
                yield tracked, tuple(f"{tracked.frame.index} {face.track}" for face in tracked.faces)

    monkeypatch.setattr("ferfusion.preparation.frame_preparer.make_estimator", lambda _: Estimator())
    images = [paint([] if k == 4 else [(30 + k, 30, 30)], seed=k) for k in range(8)]
    plain = prepare_scene(monkeypatch, images)
    preparer = FramePreparer(PrepareRecipe(detector="squares"), actions="face-landmarker")
    for frame, other in zip(preparer.prepare(frames_of(images)), plain, strict=True):
        assert [str(face.actions) for face in frame.faces] == [f"{frame.index} 0"] * len(frame.faces)
        assert [face.actions for face in other.faces] == [None] * len(frame.faces)
