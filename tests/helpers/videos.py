"""Small videos, written with PyAV: any times and rotation, with and without sound, whole and damaged."""

from collections import Counter
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Literal

import av
import numpy as np
from av.stream import Disposition
from av.video.reformatter import ColorRange, Colorspace

TICKS = 90_000  # per second
SOUND_RATE = 48_000
_WITHOUT_TIMES = (".avi", ".h264")
_ROTATIONS = {90: (0, 1, -1, 0), 180: (-1, 0, 0, -1), 270: (0, -1, 1, 0)}
"""QuickTime's (a, b, c, d) for an image that is shown rotated clockwise by so many degrees."""


def textured(height: int, width: int, *, seed: int = 0) -> np.ndarray:
    """A colour image (H, W, 3) with a soft texture that no codec blurs and every rotation changes."""
    rng = np.random.default_rng(seed)
    coarse = rng.uniform(30, 225, (-(-height // 8) + 3, -(-width // 8) + 3, 3))
    rows, columns = (np.arange(length) / 8 for length in (height, width))
    return _bilinear(coarse, rows, columns).astype(np.uint8)


def _bilinear(grid: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    top, left = rows.astype(int), columns.astype(int)
    down, right = (rows - top)[:, None, None], (columns - left)[None, :, None]
    corner = [grid[np.ix_(top + i, left + j)] for i in (0, 1) for j in (0, 1)]
    upper, lower = ((1 - right) * corner[k] + right * corner[k + 1] for k in (0, 2))
    return (1 - down) * upper + down * lower


def flat(height: int, width: int, rgb: Sequence[int]) -> np.ndarray:
    """An image (H, W, 3) of one colour."""
    return np.full((height, width, 3), rgb, np.uint8)


def numbered(count: int, *, height: int = 64, width: int = 96) -> list[np.ndarray]:
    """Grey images, each brighter than the one before, so that the mean brightness identifies an image."""
    return [flat(height, width, [20 + round(200 * k / max(1, count - 1))] * 3) for k in range(count)]


def write_video(
    path: Path,
    images: Sequence[np.ndarray],
    *,
    rate: Fraction | int = 25,
    seconds: Sequence[float] | None = None,
    codec: str = "libx264",
    pix_fmt: str = "yuv420p",
    full_range: bool = False,
    bt709: bool = False,
    every_frame_alone: bool = False,
    pixel_aspect: Fraction | None = None,
    sound_seconds: float | None = None,
    sound_codec: str = "aac",
) -> Path:
    """Write RGB images (H, W, 3); the container follows from the name.

    Args:
        path: File to write.
        images: All of one size.
        rate: Frame rate, and the distance of images without ``seconds``.
        seconds: Time at which each image is shown.
        codec: Name of the encoder.
        pix_fmt: Pixel format of the stored images.
        full_range: Whether luma is stored from 0 to 255, not from 16 to 235.
        bt709: Whether colours are encoded by BT.709, not by BT.601.
        every_frame_alone: Whether no frame is predicted from another, and packets have the order of images.
        pixel_aspect: Width of a pixel, divided by its height; None leaves it open.
        sound_seconds: Duration of a tone; None for no sound.
        sound_codec: Name of the tone's encoder.
    """
    height, width = images[0].shape[:2] if len(images) else (64, 96)
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=Fraction(rate))
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = width, height, pix_fmt
        if path.suffix not in _WITHOUT_TIMES:
            stream.codec_context.time_base = Fraction(1, TICKS)
        stream.codec_context.thread_count = 1
        if pixel_aspect is not None:
            stream.codec_context.sample_aspect_ratio = pixel_aspect
        stream.codec_context.color_range = ColorRange.JPEG if full_range else ColorRange.MPEG
        stream.codec_context.colorspace = Colorspace.ITU709 if bt709 else Colorspace.ITU601
        if codec == "libx264":
            stream.options = {"crf": "1" if pix_fmt.endswith("p") else "0", "preset": "ultrafast", "bf": "2"}
            if every_frame_alone:
                stream.options = {**stream.options, "g": "1", "bf": "0"}
        sound = _add_sound(container, sound_codec) if sound_seconds else None
        container.start_encoding()
        for place, image in enumerate(images):
            frame = av.VideoFrame.from_ndarray(image, format="rgb24").reformat(
                format=pix_fmt,
                dst_colorspace=Colorspace.ITU709 if bt709 else Colorspace.ITU601,
                dst_color_range=ColorRange.JPEG if full_range else ColorRange.MPEG,
            )
            shown = place / Fraction(rate) if seconds is None else seconds[place]
            if path.suffix in _WITHOUT_TIMES:
                frame.pts, frame.time_base = round(shown * Fraction(rate)), 1 / Fraction(rate)
            else:
                frame.pts, frame.time_base = round(shown * TICKS), Fraction(1, TICKS)
                frame.duration = round(TICKS / Fraction(rate))
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
        if sound is not None:
            _write_tone(container, sound, sound_seconds)
    return path


def write_with_cover(path: Path, images: Sequence[np.ndarray] = (), *, sound_codec: str = "aac") -> Path:
    """Write a tone of a second with a cover image of 32x32 pixels, and images at 25 per second, if any."""
    with av.open(str(path), "w") as container:
        cover = container.add_stream("png")
        assert isinstance(cover, av.VideoStream)
        cover.width, cover.height, cover.pix_fmt = 32, 32, "rgb24"
        cover.disposition = Disposition.attached_pic
        video = container.add_stream("libx264", rate=25) if images else None
        if isinstance(video, av.VideoStream):
            video.width, video.height, video.pix_fmt = images[0].shape[1], images[0].shape[0], "yuv420p"
        sound = _add_sound(container, sound_codec)
        for stream, shown in [(cover, [flat(32, 32, (200, 0, 0))]), (video, images)]:
            for place, image in enumerate(shown):
                frame = av.VideoFrame.from_ndarray(image, format="rgb24")
                frame.pts, frame.time_base = place, Fraction(1, 25)
                container.mux(stream.encode(frame))
            container.mux(stream.encode(None) if shown else [])
        _write_tone(container, sound, 1.0)
    if path.suffix == ".mp4":  # FFmpeg numbers the tracks in the order of the boxes
        _move_first(path, b"udta", inside=b"moov")
    return path


def _move_first(path: Path, kind: bytes, *, inside: bytes) -> None:
    """Move a box of an MP4 before the others in its parent."""
    content = path.read_bytes()
    start = content.index(inside) + 4
    end = start - 8 + int.from_bytes(content[start - 8 : start - 4], "big")
    boxes, at = [], start
    while at < end:
        size = int.from_bytes(content[at : at + 4], "big")
        boxes.append(content[at : at + size])
        at += size
    boxes.sort(key=lambda box: box[4:8] != kind)
    path.write_bytes(content[:start] + b"".join(boxes) + content[end:])


def retime(path: Path, source: Path, times_of: Callable[[str, int, int], tuple[int, int]]) -> Path:
    """Write the packets of a video with other times; a time below 0 stays one.

    Args:
        path: The file to write.
        source: The video.
        times_of: Returns the times of presentation and decoding, in ticks of 1/90,000 s, from the kind of the
            track, the place of the packet in it, and its time of presentation.
    """
    counts: Counter[str] = Counter()
    with (
        av.open(str(source)) as reading,
        av.open(str(path), "w", options={"avoid_negative_ts": "disabled"}) as writing,
    ):
        tracks = {track.index: writing.add_stream_from_template(track) for track in reading.streams}
        for packet in reading.demux():
            if packet.dts is None or packet.pts is None or packet.time_base is None:
                continue
            kind = packet.stream.type
            delay = round((packet.pts - packet.dts) * packet.time_base * TICKS)
            packet.stream = tracks[packet.stream_index]
            shown = round(packet.pts * packet.time_base * TICKS)
            packet.pts, packet.dts = times_of(kind, counts[kind], shown)
            packet.dts -= delay
            packet.time_base = Fraction(1, TICKS)
            counts[kind] += 1
            writing.mux(packet)
    return path


def shift_asf(path: Path, *, milliseconds: int) -> Path:
    """Let all times of a .wmv start earlier, below 0: by its preroll, which a player subtracts."""
    content = bytearray(path.read_bytes())
    at = content.index(bytes.fromhex("A1DCAB8C47A9CF118EE400C00C205365")) + 80
    preroll = slice(at, at + 8)
    content[preroll] = (int.from_bytes(content[preroll], "little") + milliseconds).to_bytes(8, "little")
    path.write_bytes(content)
    return path


def join(path: Path, *parts: Path) -> Path:
    """Write files one after another, as ``cat`` does."""
    path.write_bytes(b"".join(part.read_bytes() for part in parts))
    return path


def write_tone(path: Path, *, seconds: float, codec: str = "aac") -> Path:
    """Write a file with sound only."""
    with av.open(str(path), "w") as container:
        _write_tone(container, _add_sound(container, codec), seconds)
    return path


def _add_sound(container: av.container.OutputContainer, codec: str) -> av.AudioStream:
    stream = container.add_stream(codec, rate=SOUND_RATE)
    assert isinstance(stream, av.AudioStream)
    stream.codec_context.layout = "mono"
    return stream


def _write_tone(container: av.container.OutputContainer, stream: av.AudioStream, seconds: float) -> None:
    clock = np.arange(round(seconds * SOUND_RATE)) / SOUND_RATE
    wave = (0.4 * np.sin(2 * np.pi * 440 * clock)).astype(np.float32)
    for start in range(0, len(wave), 1024):
        frame = av.AudioFrame.from_ndarray(wave[None, start : start + 1024], format="fltp", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = SOUND_RATE, start, Fraction(1, SOUND_RATE)
        container.mux(stream.encode(frame))
    container.mux(stream.encode(None))


def rotate(path: Path, *, clockwise: int) -> Path:
    """Set the rotation of an MP4, as a phone does."""
    return set_display_matrix(path, _ROTATIONS[clockwise])


def set_display_matrix(path: Path, matrix_abcd: tuple[int, int, int, int]) -> Path:
    """Set (a, b, c, d) of the matrix in the track header of an MP4."""
    content = bytearray(path.read_bytes())
    matrix = content.index(b"tkhd") + 4 + 40  # version and flags, times, id, duration, layer, volume
    a, b, c, d = (value * 0x10000 for value in matrix_abcd)
    for place, value in enumerate((a, b, 0, c, d)):
        content[matrix + 4 * place : matrix + 4 * place + 4] = value.to_bytes(4, "big", signed=True)
    path.write_bytes(content)
    return path


def damage(path: Path, packets: range) -> Path:
    """Overwrite some of the first video track's packets in place, so that the decoder cannot read them."""
    return _overwrite(path, packets, "video")


def damage_sound(path: Path, packets: range) -> Path:
    """Overwrite some of the first sound track's packets in place."""
    return _overwrite(path, packets, "audio")


def _overwrite(path: Path, packets: range, kind: Literal["video", "audio"]) -> Path:
    with av.open(str(path)) as container:
        stream = container.streams.best(kind)
        places = [(packet.pos, packet.size) for packet in container.demux(stream) if packet.size]
    content = bytearray(path.read_bytes())
    for start, size in places[packets.start : packets.stop]:
        content[start : start + size] = b"\xff" * size
    path.write_bytes(content)
    return path


def shorten(path: Path, *, keep: float) -> Path:
    """Cut a file short after a share of its bytes."""
    content = path.read_bytes()
    path.write_bytes(content[: round(len(content) * keep)])
    return path


def decode_plainly(path: Path) -> list[av.VideoFrame]:
    """Every frame of the first video track, by PyAV alone."""
    with av.open(str(path)) as container:
        return list(container.decode(container.streams.video[0]))


def sound_length(path: Path) -> float:
    """Seconds of sound that can be decoded from the first sound track; 0 where there is none."""
    with av.open(str(path)) as container:
        if not container.streams.audio:
            return 0.0
        return sum(
            frame.samples / frame.sample_rate for frame in container.decode(container.streams.audio[0])
        )
