import os
import struct
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image

from ferfusion.errors import VideoError
from ferfusion.video.images import frame_indices, read_image, read_image_frames
from helpers.corpora import image_bytes, write_files


def write_image(path: Path, pixels_bgr: np.ndarray) -> None:
    ok, encoded = cv2.imencode(path.suffix, pixels_bgr)
    assert ok
    path.write_bytes(encoded.tobytes())


def test_read_image_frames_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    for number in (10, 9, 11):
        write_image(tmp_path / f"{number}.png", np.full((8, 8, 3), number, np.uint8))
    write_files(tmp_path, "notes.txt", ".hidden.png", "below/1.png")
    frames = list(read_image_frames(tmp_path, rate=50))
    assert [int(frame.rgb()[0, 0, 0]) for frame in frames] == [9, 10, 11]
    assert [(frame.index, frame.seconds) for frame in frames] == [(0, 0.0), (1, 0.02), (2, 0.04)]


def test_read_image_frames_leaves_out_the_index_of_a_missing_number(tmp_path: Path) -> None:
    write_files(tmp_path, "S1_0001.png", "S1_0002.png", "S1_0004.png")
    assert [frame.index for frame in read_image_frames(tmp_path)] == [0, 1, 3]


def test_read_image_frames_of_an_interval_keeps_indices_and_times(tmp_path: Path) -> None:
    write_files(tmp_path, *(f"{number}.png" for number in range(6)))
    frames = list(read_image_frames(tmp_path, rate=10, start_seconds=0.2, end_seconds=0.4))
    assert [(frame.index, frame.seconds) for frame in frames] == [(2, 0.2), (3, 0.3)]


@pytest.mark.parametrize(
    ("stems", "indices"),
    [
        (["000"], [0]),
        (["0", "25", "50", "100"], [0, 1, 2, 4]),
        (["a1", "b1"], [0, 1]),
        (["2b", "10a"], [0, 1]),
        (["apex", "onset"], [0, 1]),
        (["1", "apex"], [0, 1]),
    ],
)
def test_frame_indices(stems: list[str], indices: list[int]) -> None:
    assert frame_indices(stems) == indices


@pytest.mark.parametrize("size", [(31, 33), (32, 32), (1, 1), (7, 64)])
def test_read_image_frames_keeps_planes_and_colours_of_odd_sizes(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    height, width = size
    write_image(tmp_path / "1.png", np.full((height, width, 3), (0, 0, 255), np.uint8))  # red
    (frame,) = read_image_frames(tmp_path)
    luma, cb, cr = frame.planes
    assert (luma.shape, cb.shape, cr.shape) == (size, *[((height + 1) // 2, (width + 1) // 2)] * 2)
    assert not frame.is_bt709
    # pure red by ITU-R BT.601 in limited range
    assert [int(plane[0, 0]) for plane in (luma, cb, cr)] == pytest.approx([81, 90, 240], abs=1)
    assert frame.rgb().shape == (height, width, 3)
    assert frame.rgb()[0, 0].tolist() == [255, 0, 0]


def test_read_image_frames_of_grey_images_has_no_colour(tmp_path: Path) -> None:
    write_image(tmp_path / "1.jpg", np.full((9, 11), 128, np.uint8))
    (frame,) = read_image_frames(tmp_path)
    assert int(frame.luma[0, 0]) == pytest.approx(16 + 128 * 219 / 255, abs=1)
    assert {int(plane[0, 0]) for plane in frame.planes[1:]} == {128}


def test_read_image_frames_yields_an_unreadable_image_with_an_error(tmp_path: Path) -> None:
    jpeg = image_bytes(".jpg", 64, 64)
    write_files(tmp_path, "1.jpg", "5.jpg")
    (tmp_path / "2.jpg").write_bytes(jpeg[: len(jpeg) // 2 * 2 - 20])
    (tmp_path / "3.png").write_bytes(b"no image")
    (tmp_path / "4.jpg").write_bytes(b"")
    frames = list(read_image_frames(tmp_path))
    assert [(frame.index, frame.error) for frame in frames] == [
        (0, ""),
        (1, "2.jpg: the image is cut short"),
        (2, "3.png: not an image that can be read"),
        (3, "4.jpg: the image is empty"),
        (4, ""),
    ]
    with pytest.raises(VideoError, match=r"Frame 1 has no pixels: 2.jpg: the image is cut short"):
        _ = frames[1].luma


def test_read_image_frames_refuses_no_folder_and_no_image(tmp_path: Path) -> None:
    with pytest.raises(VideoError, match="There is no image in"):
        list(read_image_frames(tmp_path))
    with pytest.raises(VideoError, match="There is no folder"):
        list(read_image_frames(tmp_path / "none"))


def test_read_image_frames_brings_all_images_to_the_size_of_the_first(tmp_path: Path) -> None:
    def halves(height: int, width: int) -> np.ndarray:  # black on the left, white on the right
        pixels = np.zeros((height, width, 3), np.uint8)
        pixels[:, width // 2 :] = 255
        return pixels

    (tmp_path / "0.png").write_bytes(b"no image")
    for number, size in enumerate([(40, 40), (60, 60), (20, 20), (40, 80), (80, 40)], start=1):
        write_image(tmp_path / f"{number}.png", halves(*size))
    unreadable, *frames = read_image_frames(tmp_path)
    assert unreadable.error
    assert [frame.rgb().shape for frame in frames] == [(40, 40, 3)] * 5
    first, larger, smaller, wide, high = (frame.rgb()[..., 0] for frame in frames)
    assert np.array_equal(first, halves(40, 40)[..., 0])
    assert np.array_equal(larger, first)
    assert (
        np.abs(smaller[:, [*range(18), *range(22, 40)]] - first[:, [*range(18), *range(22, 40)]]).max() == 0
    )
    assert np.array_equal(wide, first)  # 40 x 20 in the middle; the rows above and below repeat its edges
    assert high[:, :19].max() == 0  # 20 x 40 in the middle: its black half, and the left edge repeated
    assert high[:, 21:].min() == 255


@pytest.mark.parametrize("suffix", [".avif", ".jpg", ".png", ".webp", ".tif"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_read_image_applies_the_orientation_of_exif(tmp_path: Path, suffix: str, orientation: int) -> None:
    shown = np.zeros((16, 32), np.uint8)
    shown[:8, :8], shown[:8, 24:], shown[8:, :8] = 255, 170, 85
    stored = {  # EXIF 2.32, tag 0x0112: the place of the stored first row and column in the shown image
        1: shown,
        2: shown[:, ::-1],
        3: shown[::-1, ::-1],
        4: shown[::-1],
        5: shown.T,
        6: np.rot90(shown),
        7: shown[::-1, ::-1].T,
        8: np.rot90(shown, -1),
    }[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = tmp_path / f"photo{suffix}"
    image = Image.fromarray(np.repeat(stored[..., None], 3, axis=2))
    image.save(path, exif=exif, quality=95, lossless=True)
    assert np.abs(read_image(path)[..., 0].astype(int) - shown).max() <= 3


@pytest.mark.parametrize(
    ("suffix", "form"), [("jfif", "JPEG"), ("jpe", "JPEG"), ("mpo", "MPO"), ("jp2", None)]
)
def test_read_image_reads_the_rarer_suffixes_of_photographs(tmp_path: Path, suffix: str, form: str) -> None:
    Image.new("RGB", (24, 16), (200, 90, 40)).save(tmp_path / f"a.{suffix}", form)
    pixels = read_image(tmp_path / f"a.{suffix}")
    assert pixels.shape == (16, 24, 3)
    assert pixels[8, 8].tolist() == pytest.approx([200, 90, 40], abs=4)


@pytest.mark.parametrize("big_tiff", [False, True])
def test_read_image_refuses_several_pages(tmp_path: Path, big_tiff: bool) -> None:
    pages = [Image.new("RGB", (16, 16), (level, 0, 0)) for level in (0, 90, 200)]
    pages[0].save(tmp_path / "a.tif", save_all=True, append_images=pages[1:], big_tiff=big_tiff)
    with pytest.raises(VideoError, match=r"^a\.tif: 3 pages, not a photograph; save each page as a file"):
        read_image(tmp_path / "a.tif")
    small_copy = Image.new("RGB", (8, 8))
    small_copy.encoderinfo = {"tiffinfo": {254: 1}}
    pages[1].save(tmp_path / "b.tif", save_all=True, append_images=[small_copy], big_tiff=big_tiff)
    assert read_image(tmp_path / "b.tif")[0, 0].tolist() == [90, 0, 0]


def test_read_image_logs_nothing_and_keeps_the_log_level(tmp_path: Path, capfd: Any) -> None:
    Image.fromarray(np.ones((16, 16), np.float32)).save(tmp_path / "a.tif")
    log = cv2.utils.logging
    level = log.setLogLevel(log.LOG_LEVEL_WARNING)
    try:
        with pytest.raises(VideoError, match=r"^a\.tif: not an image that can be read"):
            read_image(tmp_path / "a.tif")
        assert log.getLogLevel() == log.LOG_LEVEL_WARNING
        assert capfd.readouterr() == ("", "")
    finally:
        log.setLogLevel(level)


@pytest.mark.parametrize("suffix", [".avif", ".png", ".webp"])
def test_read_image_refuses_an_animation(tmp_path: Path, suffix: str) -> None:
    images = [Image.new("RGB", (16, 16), (level, 0, 0)) for level in (0, 90, 200)]
    images[0].save(tmp_path / f"a{suffix}", save_all=True, append_images=images[1:], duration=100)
    images[1].save(tmp_path / f"b{suffix}", lossless=True)
    with pytest.raises(VideoError, match=rf"a{suffix}: an animation, not a photograph; convert"):
        read_image(tmp_path / f"a{suffix}")
    assert read_image(tmp_path / f"b{suffix}")[0, 0].tolist() == [90, 0, 0]


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp", ".gif", ".tif", ".bmp"])
def test_read_image_refuses_16000_pixels_a_side_by_the_header(tmp_path: Path, suffix: str) -> None:
    """The sides in the header of a small image are changed, so that decoding it would take a gigabyte."""
    path = tmp_path / f"a{suffix}"
    Image.new("RGB", (0x1234, 8000 if suffix == ".tif" else 1)).save(path)
    encoded, side = path.read_bytes(), 16_000
    if suffix == ".webp":  # 14 bits of the first frame
        changed = encoded[:26] + side.to_bytes(2, "little") * 2 + encoded[30:]
    else:
        sides = {".jpg": (1, 0x1234), ".tif": (0x1234,)}.get(suffix, (0x1234, 1))
        form = {".png": ">II", ".jpg": ">HH", ".gif": "<HH", ".bmp": "<ii", ".tif": "<I"}[suffix]
        changed = encoded.replace(struct.pack(form, *sides), struct.pack(form, *[side] * len(sides)), 1)
    path.write_bytes(changed)
    with pytest.raises(VideoError, match=rf"^a{suffix}: 16,000 x (8|16),000 pixels are more than"):
        read_image(path)


def test_read_image_refuses_a_large_file_a_pipe_and_a_long_side(tmp_path: Path) -> None:
    with (tmp_path / "a.png").open("wb") as file:
        file.truncate(2**40)
    os.mkfifo(tmp_path / "b.png")
    Image.new("1", (2**21, 1)).save(tmp_path / "c.png")
    words = {"a": "more than 256 MiB", "b": "is a pipe, not a file", "c": "a side of more than 65,500"}
    for stem, reason in words.items():
        with pytest.raises(VideoError, match=reason):
            read_image(tmp_path / f"{stem}.png")
    assert [frame.error != "" for frame in read_image_frames(tmp_path)] == [True] * 3
