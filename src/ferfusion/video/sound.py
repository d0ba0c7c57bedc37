"""The sound of one file in another."""

from collections.abc import Iterator
from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import av
from av.audio.stream import AudioStream
from av.container import OutputContainer

from ferfusion.video.container import MOST_PRIMING, clock_may_restart, open_file, start_of
from ferfusion.video.timestamps import rising_times

if TYPE_CHECKING:
    _SoundPacket = av.Packet[AudioStream]

_STEP_SECONDS = 0.02
_DRIFT_SECONDS = 0.1
"""Sound that is off by more is moved to its time, as FFmpeg's ``aresample`` does."""


class SoundTrack:
    """Writes the first sound track of a file into a container as AAC, which plays in every browser.

    AAC is copied where the file describes it in its header. All other sound is decoded and encoded again, so
    that no timestamp and no packet of the file can spoil the video. Sound that cannot be decoded is left out.

    Attributes:
        left_out: Why the file's sound, or a part of it, is missing; empty if it is there or there is none.
        is_written: Whether the container has a track for it.

    Args:
        source: The file with the sound.
        target: The container.
        start: Time in the file, in seconds, of the time 0 of the container.
        end: Time in the file at which the sound ends; by default, its end.

    Raises:
        VideoError: the file cannot be opened.
    """

    def __init__(
        self, source: Path, target: OutputContainer, *, start: float = 0.0, end: float | None = None
    ) -> None:
        self.left_out, self.is_written = "", False
        self._target, self._start, self._end = target, start, end
        self._pending: tuple[float, _SoundPacket] | None = None
        self._packets: Iterator[tuple[float, _SoundPacket]] = iter(())
        self._written: int | None = None  # samples if it is encoded, ticks if it is copied
        self._resampler: tuple[object, av.AudioResampler] | None = None
        self._source = open_file(source)
        tracks = self._source.streams.audio
        known = [track for track in tracks if getattr(track, "codec_context", None) is not None]
        if not known:
            self.left_out = "its codec is not known" if tracks else ""
            return
        track = known[0]
        self._copies = track.codec_context.name == "aac" and bool(track.codec_context.extradata)
        self._copies = self._copies and not clock_may_restart(self._source)
        if self._copies:
            self._stream = target.add_stream_from_template(track)
        else:
            self._add_encoder(track)
        self._packets = self._timed_packets(track)
        self.is_written = True

    def _add_encoder(self, track: AudioStream) -> None:
        codec = track.codec_context
        rates = av.Codec("aac", "w").audio_rates or ()
        self._rate = codec.sample_rate if codec.sample_rate in rates else 48_000
        # FFmpeg's other search takes four times as long, more than all images of a small video
        self._stream = self._target.add_stream("aac", rate=self._rate, options={"aac_coder": "fast"})
        # AVI has a number of channels and no layout, which the encoder needs
        self._stream.codec_context.layout = "mono" if codec.layout.nb_channels == 1 else "stereo"

    def _timed_packets(self, track: AudioStream) -> "Iterator[tuple[float, _SoundPacket]]":
        """Yield the packets with their times in the container."""
        first, start = self._start, float(start_of(self._source))
        packets = ((_seconds(packet, start), packet) for packet in self._source.demux(track) if packet.size)
        restarts = clock_may_restart(self._source)
        length = None if self._end is None else self._end - self._start
        with suppress(av.FFmpegError):  # the file is cut short
            for seconds, packet in rising_times(packets, step_seconds=_STEP_SECONDS, clock_restarts=restarts):
                if length is not None and seconds - first >= length:
                    return
                if seconds >= first:
                    yield seconds - first, packet
                elif seconds < -MOST_PRIMING and not self.left_out:
                    self.left_out = f"its first {-seconds:.2f} s are before the start of the file"

    def leave_out(self, error: av.FFmpegError) -> None:
        """Write no further sound, since the container cannot have it."""
        reason = (error.strerror or type(error).__name__).lower()
        self.left_out = self.left_out or f"it cannot be written as sound of an MP4 ({reason})"
        self.is_written, self._pending, self._packets = False, None, iter(())

    def copy_until(self, seconds: float | None) -> None:
        """Write the sound up to ``seconds`` of the container; all the rest for None."""
        try:
            self._copy_until(seconds)
        except (av.ArgumentError, av.InvalidDataError) as error:
            self.leave_out(error)
        if seconds is None:
            self._finish()

    def _copy_until(self, seconds: float | None) -> None:
        while timed := (self._pending or next(self._packets, None)):
            self._pending = None
            if seconds is not None and timed[0] > seconds:
                self._pending = timed
                return
            if self._copies:
                self._copy(*timed)
            else:
                self._encode(*timed)

    def _copy(self, seconds: float, packet: "_SoundPacket") -> None:
        ticks = round(seconds / (packet.time_base or 1))
        self._written = ticks if self._written is None else max(ticks, self._written + 1)
        packet.stream = self._stream
        packet.pts = packet.dts = self._written
        self._target.mux(packet)

    def _encode(self, seconds: float, packet: "_SoundPacket") -> None:
        try:
            frames = packet.decode()
        except av.FFmpegError:
            return
        at = round(seconds * self._rate)
        if self._written is None:
            self._written = at
        tolerated = _DRIFT_SECONDS * self._rate
        if at > self._written + tolerated:
            for missing in range(at - self._written, 0, -self._rate):
                self._write(self._silence(min(missing, self._rate)))
        for frame in frames:
            if self._written <= at + tolerated:
                for even in self._resample(frame):
                    self._write(even)
            at += round(frame.samples * self._rate / frame.sample_rate)

    def _resample(self, frame: av.AudioFrame) -> list[av.AudioFrame]:
        """Return a decoded frame as the encoder needs it; a file may change its format."""
        form = (frame.format.name, frame.layout.name, frame.sample_rate)
        if self._resampler is None or self._resampler[0] != form:
            layout = self._stream.codec_context.layout
            self._resampler = (form, av.AudioResampler(format="fltp", layout=layout, rate=self._rate))
        frame.pts = None
        return self._resampler[1].resample(frame)

    def _silence(self, samples: int) -> av.AudioFrame:
        layout = self._stream.codec_context.layout
        frame = av.AudioFrame(format="fltp", layout=layout, samples=samples)
        for plane in frame.planes:
            plane.update(bytes(plane.buffer_size))
        frame.sample_rate = self._rate
        return frame

    def _write(self, frame: av.AudioFrame) -> None:
        frame.pts, frame.time_base = self._written, Fraction(1, self._rate)
        self._written = (self._written or 0) + frame.samples
        self._target.mux(self._stream.encode(frame))

    def _finish(self) -> None:
        if self.is_written and self._written is not None and not self._copies:
            self._target.mux(self._stream.encode(None))
        elif self._source.streams.audio and self._written is None:
            self.left_out = self.left_out or "nothing of it can be decoded"
        self._source.close()


def _seconds(packet: "_SoundPacket", start: float) -> float | None:
    """Return the time of a packet from the start of the file."""
    ticks = packet.pts if packet.pts is not None else packet.dts
    return None if ticks is None or packet.time_base is None else float(ticks * packet.time_base) - start
