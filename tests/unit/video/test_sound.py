from fractions import Fraction
from typing import Any

import av
import numpy as np
import pytest

from ferfusion.video.reader import read_frames
from ferfusion.video.sound import SoundTrack
from ferfusion.video.writer import VideoWriter
from helpers.oddities import replace_bytes
from helpers.videos import join, numbered, retime, shift_asf, sound_length, write_video


def annotate(path, source):
    """Write the frames of a video with its sound, and return why the sound is left out."""
    with VideoWriter(path, width=96, height=64, audio_from=source) as writer:
        for frame in read_frames(source):
            writer.write(frame.rgb(), seconds=frame.seconds)
    return writer.sound_left_out


def sound_times(path):
    with av.open(str(path)) as container:
        track = container.streams.audio[0]
        return [float(packet.pts * packet.time_base) for packet in container.demux(track) if packet.size]


def test_sound_of_two_joined_files_has_the_length_of_both(tmp_path):
    part = write_video(tmp_path / "a.ts", numbered(25), sound_seconds=1.0)
    joined = join(tmp_path / "b.ts", part, part)
    assert annotate(tmp_path / "c.mp4", joined) == ""
    assert sound_length(tmp_path / "c.mp4") == pytest.approx(2 * sound_length(part), abs=0.03)
    assert len(list(read_frames(tmp_path / "c.mp4"))) == 50


def test_sound_with_a_repeated_timestamp_is_copied(tmp_path):
    source = tmp_path / "a.mkv"
    plain = write_video(tmp_path / "b.mp4", numbered(25), sound_seconds=1.0)
    with av.open(str(plain)) as reading, av.open(str(source), "w") as writing:
        tracks = {track.index: writing.add_stream_from_template(track) for track in reading.streams}
        before, count = 0, 0
        for packet in reading.demux():
            if packet.dts is None:
                continue
            if packet.stream.type == "audio":
                count += 1
                before = packet.dts = packet.pts = before if count == 20 else packet.dts
            packet.stream = tracks[packet.stream_index]
            writing.mux(packet)
    assert annotate(tmp_path / "c.mp4", source) == ""
    steps = np.diff(sound_times(tmp_path / "c.mp4"))
    assert steps.min() > 0
    assert steps.sum() == pytest.approx(np.diff(sound_times(plain)).sum(), abs=0.002)


def test_sound_before_0_is_kept_with_its_images(tmp_path):
    settings: dict[str, Any] = {"codec": "wmv2", "sound_codec": "libmp3lame"}
    source = write_video(tmp_path / "a.wmv", numbered(25), sound_seconds=1.0, **settings)
    length = sound_length(source)
    assert annotate(tmp_path / "b.mp4", shift_asf(source, milliseconds=700)) == ""
    assert sound_length(tmp_path / "b.mp4") == pytest.approx(length, abs=0.05)
    assert len(list(read_frames(tmp_path / "b.mp4"))) == 25


@pytest.mark.parametrize("suffix", ["mkv", "flv"])
def test_sound_before_0_is_kept_where_the_format_has_no_time_below_0(tmp_path, suffix):
    plain = write_video(tmp_path / "a.mp4", numbered(25), sound_seconds=1.0)
    source = retime(tmp_path / f"b.{suffix}", plain, lambda kind, place, shown: (shown - 45_000,) * 2)
    assert annotate(tmp_path / "c.mp4", source) == ""
    assert sound_length(tmp_path / "c.mp4") == pytest.approx(sound_length(plain), abs=0.05)
    frames = list(read_frames(tmp_path / "c.mp4"))
    assert frames[-1].seconds - frames[0].seconds == pytest.approx(24 / 25, abs=0.01)


def test_sound_of_an_unknown_codec_is_left_out_with_the_reason(tmp_path):
    source = write_video(tmp_path / "a.mkv", numbered(5), sound_seconds=0.2, sound_codec="flac")
    replace_bytes(source, b"A_FLAC", b"A_NONE")
    assert annotate(tmp_path / "b.mp4", source) == "its codec is not known"
    assert sound_length(tmp_path / "b.mp4") == 0
    assert len(list(read_frames(tmp_path / "b.mp4"))) == 5


def test_sound_with_a_hole_stays_at_its_times(tmp_path):
    """Of a tone of two seconds, the packets from 0.5 to 1.5 are missing: there is silence."""
    plain = write_video(tmp_path / "a.mp4", numbered(50), sound_seconds=2.0, sound_codec="flac")
    source = tmp_path / "b.mkv"
    with av.open(str(plain)) as reading, av.open(str(source), "w") as writing:
        tracks = {track.index: writing.add_stream_from_template(track) for track in reading.streams}
        for packet in reading.demux():
            is_sound = packet.stream.type == "audio"
            if packet.dts is not None and not (is_sound and 0.5 < packet.pts * packet.time_base < 1.5):
                packet.stream = tracks[packet.stream_index]
                writing.mux(packet)
    assert annotate(tmp_path / "c.mp4", source) == ""
    with av.open(str(tmp_path / "c.mp4")) as container:
        frames = list(container.decode(container.streams.audio[0]))
        loud = {round(frame.time, 2): np.abs(frame.to_ndarray()).max() > 0.1 for frame in frames}
    assert sound_length(tmp_path / "c.mp4") == pytest.approx(2.0, abs=0.1)
    assert all(is_loud for time, is_loud in loud.items() if time < 0.4 or time > 1.6)
    assert not any(is_loud for time, is_loud in loud.items() if 0.7 < time < 1.4)


def test_sound_before_the_start_of_the_file_is_left_out_with_the_reason(tmp_path, monkeypatch):
    plain = write_video(tmp_path / "a.mp4", numbered(25), sound_seconds=1.0)
    source = retime(tmp_path / "b.mkv", plain, lambda kind, place, shown: (shown - 45_000,) * 2)
    monkeypatch.setattr("ferfusion.video.sound.start_of", lambda container: Fraction(0))
    reason = annotate(tmp_path / "c.mp4", source)
    assert reason == "its first 0.52 s are before the start of the file"  # 0.5 s and 1024 samples
    assert sound_length(tmp_path / "c.mp4") == pytest.approx(0.5, abs=0.05)


def test_sound_that_an_mp4_cannot_have_is_left_out_with_the_reason(tmp_path):
    source = write_video(tmp_path / "a.mp4", numbered(15), sound_seconds=0.6)
    content = bytearray(source.read_bytes())
    rate = content.rindex(b"mdhd") + 16  # ticks per second of the sound
    content[rate : rate + 4] = b"\x7f" * 4
    source.write_bytes(content)
    reason = annotate(tmp_path / "b.mp4", source)
    assert reason == "it cannot be written as sound of an MP4 (invalid argument)"
    assert len(list(read_frames(tmp_path / "b.mp4"))) == 15
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.mp4", "b.mp4"]


def test_sound_that_cannot_be_encoded_is_left_out_with_its_track(tmp_path, monkeypatch):
    source = write_video(tmp_path / "a.mkv", numbered(5), sound_seconds=0.2, sound_codec="libmp3lame")
    add_encoder = SoundTrack._add_encoder

    def add_bad_encoder(self, track):
        add_encoder(self, track)
        self._stream.codec_context.sample_rate = 12_345

    monkeypatch.setattr(SoundTrack, "_add_encoder", add_bad_encoder)
    assert annotate(tmp_path / "b.mp4", source).startswith("it cannot be written as sound of an MP4 (")
    with av.open(str(tmp_path / "b.mp4")) as container:
        assert not container.streams.audio
    assert len(list(read_frames(tmp_path / "b.mp4"))) == 5
