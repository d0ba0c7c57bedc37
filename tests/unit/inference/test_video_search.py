import os
from pathlib import Path

import av
import pytest

from ferfusion.addresses import Address
from ferfusion.errors import ConfigError, VideoError
from ferfusion.inference.video_search import find_videos, is_folder
from ferfusion.video.footage import open_footage
from helpers.stores import memory_store
from helpers.videos import numbered


def touch(*paths):
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")


def test_find_videos_searches_folders_at_every_depth(tmp_path):
    wanted = [tmp_path / name for name in ("a.mp4", "b/c.MOV", "b/d/e.webm")]
    touch(*wanted, tmp_path / "notes.txt", tmp_path / ".hidden.mp4", tmp_path / ".cache" / "x.mp4")
    assert find_videos([tmp_path], out=tmp_path / "out") == wanted


def test_find_videos_skips_the_results_of_earlier_predictions(tmp_path):
    touch(tmp_path / "a.mp4", tmp_path / "out" / "a" / "annotated.mp4")
    assert find_videos([tmp_path], out=tmp_path / "out") == [tmp_path / "a.mp4"]


def test_find_videos_takes_files_as_they_are_named_and_once(tmp_path):
    touch(tmp_path / "a.mp4", tmp_path / "b.xyz")
    named = [tmp_path / "b.xyz", tmp_path / "none.mp4", tmp_path, tmp_path / "a.mp4"]
    assert find_videos(named, out=tmp_path / "out") == [
        tmp_path / "b.xyz",
        tmp_path / "none.mp4",
        tmp_path / "a.mp4",
    ]


def test_find_videos_refuses_a_folder_without_video_and_no_place(tmp_path):
    with pytest.raises(
        ConfigError, match=r"There is no video or photograph in the folder .*; it has no file"
    ):
        find_videos([tmp_path], out=tmp_path / "out")
    touch(tmp_path / "a.doc", tmp_path / "b.doc")
    with pytest.raises(ConfigError, match=r"There is no video .*: 2 \.doc \(name a file to read it\)"):
        find_videos([tmp_path], out=tmp_path / "out")
    with pytest.raises(ConfigError, match="predict needs at least one video file or folder of videos"):
        find_videos([], out=tmp_path / "out")


def test_find_videos_follows_links_and_returns_each_file_once(tmp_path):
    touch(*(tmp_path / name for name in ("far/x.mp4", "in/b.mp4", "out/b/annotated.mp4")))
    (tmp_path / "in" / "linked").symlink_to(tmp_path / "far")
    (tmp_path / "in" / "a.mp4").symlink_to(tmp_path / "in" / "b.mp4")
    (tmp_path / "in" / "again").symlink_to(tmp_path / "in")
    (tmp_path / "in" / "results").symlink_to(tmp_path / "out")
    (tmp_path / "in" / "gone.mp4").symlink_to(tmp_path / "nowhere")
    messages: list[str] = []
    found = find_videos([tmp_path / "in"], out=tmp_path / "out", on_message=messages.append)
    assert found == [
        tmp_path / "in" / "b.mp4",
        tmp_path / "in" / "gone.mp4",  # it gets a line with the reason
        tmp_path / "in" / "linked" / "x.mp4",
    ]
    assert messages == [
        f"In the folder {tmp_path / 'in'}, links to files that are read already are passed over: 1"
    ]


def test_find_videos_finds_every_photograph_also_one_that_cannot_be_read(tmp_path):
    """A .heic gets a row with the reason, not the advice to name it."""
    names = ["a.HEIC", "b.avif", "c.jfif", "d.jpe", "e.jp2", "f.mpo", "g.tga"]
    touch(*(tmp_path / name for name in names))
    messages: list[str] = []
    assert [path.name for path in find_videos([tmp_path], on_message=messages.append)] == names
    assert messages == []


def test_find_videos_names_what_it_passes_over(tmp_path):
    touch(*(tmp_path / name for name in ("a.mp4", "b.txt", "d/c.TXT", "d/README", ".x.txt", "out/y.csv")))
    messages: list[str] = []
    find_videos([tmp_path, tmp_path / "a.mp4"], out=tmp_path / "out", on_message=messages.append)
    assert messages == [
        f"In the folder {tmp_path}, files without the suffix of a video or photograph are passed over: "
        "2 .txt, 1 without a suffix (name a file to read it)"
    ]


def test_find_videos_reads_the_rest_where_a_folder_is_closed(tmp_path, monkeypatch):
    touch(tmp_path / "a.mp4", tmp_path / "closed" / "b.mp4")
    real_scandir = os.scandir

    def scandir(path):
        if str(path).endswith("closed"):
            raise PermissionError(13, "Permission denied", str(path))
        return real_scandir(path)

    monkeypatch.setattr("os.scandir", scandir)
    messages: list[str] = []
    assert find_videos([tmp_path], on_message=messages.append) == [tmp_path / "a.mp4"]
    assert messages == [
        f"In the folder {tmp_path}, the folder {tmp_path / 'closed'} cannot be read (Permission denied)"
    ]


@pytest.mark.parametrize(
    ("name", "codec", "pix_fmt"),
    [
        ("a.3gp", "mpeg4", "yuv420p"),
        ("a.3g2", "mpeg4", "yuv420p"),
        ("a.m2ts", "mpeg2video", "yuv420p"),
        ("a.vob", "mpeg2video", "yuv420p"),
        ("a.asf", "mpeg4", "yuv420p"),
        ("a.f4v", "libx264", "yuv420p"),
        ("a.nut", "ffv1", "yuv420p"),
        ("a.gif", "gif", "rgb8"),
        ("2024-05-01T10:30:00.mp4", "libx264", "yuv420p"),
        ("http:/clip.mp4", "libx264", "yuv420p"),
    ],
)
def test_find_videos_finds_what_the_decoder_reads(tmp_path, monkeypatch, name, codec, pix_fmt):
    write_clip(tmp_path / name, codec, pix_fmt)
    monkeypatch.chdir(tmp_path)  # a relative name that begins with http: is a file too
    [found] = find_videos([Path()])
    assert found == Path(name)
    assert len(list(open_footage(found).read())) == 6


def write_clip(path, codec, pix_fmt):
    """Six frames of 64x48."""
    path.parent.mkdir(exist_ok=True)
    with av.open(f"file:{path}", "w") as container:
        stream = container.add_stream(codec, rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, pix_fmt
        for image in numbered(6, height=48, width=64):
            frame = av.VideoFrame.from_ndarray(image, format="rgb24")
            container.mux(stream.encode(frame.reformat(format=pix_fmt)))
        container.mux(stream.encode(None))


def test_find_videos_takes_a_name_that_no_file_can_have(tmp_path):
    touch(tmp_path / "a.mp4")
    (tmp_path / "loop").symlink_to("loop")
    places = [Path("x" * 300), tmp_path / "a\0b", tmp_path / "loop", tmp_path / "a.mp4"]
    assert find_videos(places, out=tmp_path / "loop") == places
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "c.mp4").symlink_to("c.mp4")
    assert find_videos([tmp_path / "b"], out=tmp_path / "loop") == [tmp_path / "b" / "c.mp4"]
    for place in places[:3]:
        with pytest.raises(VideoError, match=r"^(Cannot read .*: (File name too|Too many)|There is no file)"):
            open_footage(place)


def test_find_videos_says_that_a_folder_is_that_of_the_predictions(tmp_path):
    (tmp_path / "a.mp4").write_bytes(b"")
    with pytest.raises(ConfigError, match="it is the folder of the predictions"):
        find_videos([tmp_path], out=tmp_path)


def test_find_videos_searches_a_folder_at_an_address():
    with memory_store() as store:
        for name in ("b.mp4", "a/c.JPG", "a/.hidden.mp4", "notes.txt", "out/b/annotated.mp4"):
            store.pipe_file(f"memory://bucket/in/{name}", b"content")
        folder, out = Address("memory://bucket/in/"), Address("memory://bucket/in/out")
        messages: list[str] = []
        gone = Address("memory://bucket/gone.mp4")
        found = find_videos([folder, gone], out=out, on_message=messages.append)
        assert list(map(str, found)) == [
            "memory://bucket/in/a/c.JPG",
            "memory://bucket/in/b.mp4",
            "memory://bucket/gone.mp4",  # it gets a line with the reason
        ]
        assert isinstance(found[0], Address)
        assert found[0].listed == (folder / "a/c.JPG").content() != ""
        assert "1 .txt" in messages[0]
        store.pipe_file("memory://empty/notes.txt", b"")
        with pytest.raises(ConfigError, match="folder memory://empty"):
            find_videos([Address("memory://empty")])


def test_a_folder_at_an_address_may_have_the_suffix_of_a_video():
    with memory_store() as store:
        store.pipe_file("memory://bucket/session.mp4/a.mp4", b"content")
        assert [each.name for each in find_videos([Address("memory://bucket/session.mp4/")])] == ["a.mp4"]


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/in/", "reference://x", "file://", "s3://", "file://in"])
def test_a_wrong_address_is_left_to_its_row(url):
    assert find_videos([Address(url), Path("a.mp4")]) == [Address(url), Path("a.mp4")]


@pytest.mark.parametrize("url", ["zzz://bucket/in", "http://127.0.0.1:9/get?id=1", "memory://bucket/a.mp4"])
def test_is_folder_says_no_where_it_cannot_ask(url):
    assert not is_folder(Address(url))
