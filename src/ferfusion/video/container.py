"""Open a file with FFmpeg; choose its video track, and find the rate and the start of its times."""

from fractions import Fraction
from pathlib import Path

import av
from av.container import InputContainer
from av.stream import Disposition, Stream
from av.video.stream import VideoStream

from ferfusion.errors import VideoError
from ferfusion.files import check_is_file
from ferfusion.video.boxes import MOST_SAMPLES, count_samples
from ferfusion.video.image_size import MAX_PIXELS, encoded_size, why_too_large

_NO_TIMESTAMPS, _CLOCK_MAY_RESTART = 0x80, 0x200
"""FFmpeg's AVFMT_NOTIMESTAMPS and AVFMT_TS_DISCONT, which PyAV does not name."""
_NOT_A_VIDEO = Disposition.attached_pic | Disposition.timed_thumbnails
_USUAL_RATE, _MAX_RATE = Fraction(25), 1000
MOST_PRIMING = Fraction(1, 5)
"""Seconds of sound before 0 that nobody hears: AAC has up to 0.15 s, Opus 0.08 s."""
_MAX_PIXEL_ASPECT = 4
"""A pixel that is longer than this is a mistake in the file."""
_CONTAINERS = (
    "aac,aiff,amr,apng,asf,av1,avi,dv,flac,flv,gif,gxf,h261,h263,h264,hevc,ivf,live_flv,m4v,matroska,mjpeg,"
    "mov,mp3,mpeg,mpegts,mpegvideo,mxf,nsv,nut,obu,ogg,rm,vc1,vvc,wav,wtv,yuv4mpegpipe"
)
"""FFmpeg's names of the formats that hold their own images and sound.

The others are playlists (concat, hls, dash, sdp), patterns of file names (image2), devices, and formats that
no camera writes: a playlist would open other files and network addresses.
"""
_OPTIONS = {"format_whitelist": _CONTAINERS, "protocol_whitelist": "file"}
_HEADER_BYTES = 2**16
_AT_MOST = {"max_pixels": str(MAX_PIXELS)}
_HEADERS_ONLY = {"codec_whitelist": "none"}
"""Nothing is decoded; otherwise FFmpeg decodes the first images of every track and keeps them."""
_TRACKS_IN_HEADER = frozenset("aac aiff asf avi flac matroska mov mp3 mxf wav".split())
"""FFmpeg's names of formats whose tracks are all known before an image is decoded."""
_UNKNOWN_PIXELS = MAX_PIXELS // 4


def file_address(path: Path) -> str:
    """Return FFmpeg's address of a file, without which a name such as ``http:/a.mp4`` would be a URL."""
    return f"file:{path}"


def open_file(path: Path, *, input_format: str | None = None) -> InputContainer:
    """Open a file of images or sound; no other file and no network address is opened for it.

    Args:
        path: The file.
        input_format: FFmpeg's name of its format, if the content does not imply it.

    Raises:
        VideoError: the file is missing, is a pipe or a device, or FFmpeg cannot read it.
    """
    check_is_file(path, error=VideoError)
    try:
        with path.open("rb") as file:
            samples = count_samples(file, path.stat().st_size)
        if samples > MOST_SAMPLES:
            raise VideoError(
                f"{path.name} declares {samples:,} samples in its index, at most {MOST_SAMPLES:,} are read; "
                "cut it into shorter videos"
            )
        return _open(path, input_format)
    except av.ArgumentError as error:
        raise VideoError(
            f"Cannot open {path.name} as a video: its content is of no video format that is read; playlists "
            "are not opened, and a photograph needs the suffix of one"
        ) from error
    except (av.FFmpegError, OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise VideoError(f"Cannot open {path.name} as a video: {reason}") from error


def _open(path: Path, input_format: str | None) -> InputContainer:
    """Open a file; its further video tracks together are decoded as far as one track could be."""

    def opened(options: dict[str, str], of_streams: list[dict[str, str]] | None = None) -> InputContainer:
        address = file_address(path)
        return av.open(
            address,
            format=input_format,
            options=options,
            stream_options=of_streams,  # type: ignore[arg-type] # PyAV's own type is wrong
            metadata_errors="replace",
        )

    with opened(_OPTIONS | _HEADERS_ONLY) as headers:
        tracks = headers.streams.video
        if len(tracks) < 2:
            return opened(_OPTIONS | _AT_MOST)
        chosen = _first_known(headers) or tracks[0]
        others = [track for track in tracks if track.index != chosen.index]
        share = {"max_pixels": str(MAX_PIXELS // len(others))}
        of_streams = [share if track in others else {} for track in headers.streams]
        if headers.format.name.partition(",")[0] in _TRACKS_IN_HEADER:
            return opened(_OPTIONS | _AT_MOST, of_streams)
    if sum(track.width * track.height or _UNKNOWN_PIXELS for track in others) > MAX_PIXELS:
        raise VideoError(f"{path.name} has {len(tracks)} video tracks of large images; keep one of them")
    return opened(_OPTIONS | _AT_MOST)


def _first_known(container: InputContainer) -> VideoStream | None:
    known = (each for each in _videos(container) if getattr(each, "codec_context", None) is not None)
    return next(known, None)


def video_track(container: InputContainer, name: str) -> VideoStream:
    """Return the first video track that can be decoded; the cover image of a sound file is none.

    Raises:
        VideoError: there is none, or its images are too large; the message has the name of the file.
    """
    if not _videos(container):
        raise VideoError(f"{name} has no video track")
    track = _first_known(container)
    if track is None:
        raise VideoError(f"{name} has a video track of an unknown codec")
    wider = max(pixel_aspect(track), Fraction(1))
    higher = max(1 / pixel_aspect(track), Fraction(1))
    width, height = _stored_size(container, track)
    if reason := why_too_large(round(width * wider), round(height * higher)):
        raise VideoError(f"{name}: {reason}")
    # a frame may be larger than the header says
    track.codec_context.options = {"max_pixels": str(int(MAX_PIXELS / (wider * higher)))}
    return track


def _stored_size(container: InputContainer, track: VideoStream) -> tuple[int, int]:
    """Return the width and height by the header, also where FFmpeg forgot them since they are too large."""
    if track.width or not container.options.items() >= _AT_MOST.items():
        return track.width, track.height
    with av.open(container.name, options=_OPTIONS | _HEADERS_ONLY) as again:
        track = again.streams.video[container.streams.video.index(track)]
        if track.width:
            return track.width, track.height
    # FFmpeg keeps no size above a limit of its own
    with Path(container.name.removeprefix("file:")).open("rb") as file:
        return encoded_size(file.read(_HEADER_BYTES)) or (0, 0)


def _videos(container: InputContainer) -> list[VideoStream]:
    return [track for track in container.streams.video if not track.disposition & _NOT_A_VIDEO]


def has_timestamps(container: InputContainer) -> bool:
    """Return whether the format has timestamps; a raw stream such as .h264 has a frame rate only."""
    return not container.format.flags & _NO_TIMESTAMPS


def clock_may_restart(container: InputContainer) -> bool:
    """Return whether the times of the format may jump, as those of a broadcast do."""
    return bool(container.format.flags & _CLOCK_MAY_RESTART)


def stated_rate(container: InputContainer, track: VideoStream) -> Fraction:
    """Return the mean frame rate by the header; of a raw stream, the rate that the encoder wrote into it."""
    stated = track.average_rate if has_timestamps(container) else track.codec_context.framerate
    rates = (rate for rate in (stated, track.guessed_rate) if rate)
    return next((rate for rate in rates if rate <= _MAX_RATE), _USUAL_RATE)


def start_of(container: InputContainer) -> Fraction:
    """Return the timestamp, in seconds, at which a player starts the file.

    Some sound starts shortly before 0 with samples that the decoder needs and nobody hears; images do not.
    """
    if container.start_time is None:
        return Fraction(0)
    start = Fraction(container.start_time, av.time_base)  # rounded: the track's own time is exact
    exact = min(map(_start_of_track, container.streams), key=lambda each: abs(each - start))
    start = exact if abs(exact - start) <= Fraction(1, av.time_base) else start
    is_priming = -MOST_PRIMING <= start < 0 and not _images_start_before_0(container)
    return Fraction(0) if is_priming else start


def _images_start_before_0(container: InputContainer) -> bool:
    tracks = _videos(container)
    if not tracks or any(_start_of_track(track) < 0 for track in tracks):
        return bool(tracks)
    # FFmpeg reads no time below 0 from a block of Matroska
    with av.open(container.name, options=_OPTIONS | _HEADERS_ONLY, metadata_errors="replace") as again:
        track = again.streams.video[container.streams.video.index(tracks[0])]
        packet = next(again.demux(track))
        return packet.pts is None and packet.dts is None


def _start_of_track(track: Stream) -> Fraction:
    return (track.start_time or 0) * (track.time_base or Fraction(0))


def pixel_aspect(track: VideoStream) -> Fraction:
    """Return the width of a stored pixel, divided by its height, as a player shows it."""
    aspect = track.sample_aspect_ratio or Fraction(1)
    return aspect if Fraction(1, _MAX_PIXEL_ASPECT) <= aspect <= _MAX_PIXEL_ASPECT else Fraction(1)
