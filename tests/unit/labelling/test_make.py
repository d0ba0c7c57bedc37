import pytest

from ferfusion.errors import ConfigError
from ferfusion.labelling.faces import SeenFace, SeenVideo
from ferfusion.labelling.make import looker, make_project, relative_path
from ferfusion.labelling.project import Project, read_project
from ferfusion.progress import Progress
from helpers.label_projects import CLASSES

SEEN = SeenVideo(
    4.0, (SeenFace(0, ((0.0, 1, 2, 3, 4),), (0.0, 3.0)), SeenFace(2, ((1.0, 5, 6, 7, 8),), (1.0, 2.0)))
)


def make(folder, seen=SEEN, *, each_face=True, subjects=None):
    project = Project(folder / "labels", CLASSES)
    videos = [folder / "videos" / "a.mp4", folder / "videos" / "b.mp4"]
    return make_project(
        project, videos, ["Ann"], look_at=lambda _: seen, each_face=each_face, subjects=subjects or {}
    )


def test_make_project_has_an_item_for_each_face_with_its_boxes(tmp_path):
    project = make(tmp_path, subjects={"a.mp4": "Zoë"})
    assert [(item.id, item.path, item.subject, item.face, item.seen) for item in project.items] == [
        ("0001", "../videos/a.mp4", "Zoë", 0, (0.0, 3.0)),
        ("0002", "../videos/a.mp4", "Zoë", 2, (1.0, 2.0)),
        ("0003", "../videos/b.mp4", "", 0, (0.0, 3.0)),
        ("0004", "../videos/b.mp4", "", 2, (1.0, 2.0)),
    ]
    assert '"boxes"' in (project.folder / "boxes" / "0002.json").read_text()
    assert read_project(project.folder) == project
    assert project.path_of(project.items[0]).resolve() == (tmp_path / "videos" / "a.mp4").resolve()


def test_make_project_of_whole_videos(tmp_path):
    project = make(tmp_path, each_face=False)
    assert [(item.id, item.face, item.seconds) for item in project.items] == [
        ("0001", None, 4.0),
        ("0002", None, 4.0),
    ]
    assert not (project.folder / "boxes").exists()


def test_make_project_refuses_a_second_project_and_videos_without_a_face(tmp_path):
    with pytest.raises(ConfigError, match="No face is seen in 2 videos; label videos as a whole"):
        make(tmp_path, SeenVideo(4.0, ()))
    make(tmp_path)
    with pytest.raises(ConfigError, match="is a label project already"):
        make(tmp_path)


def test_looker_tells_how_far_it_is(clip):
    told: list[Progress] = []
    look_at = looker([clip, clip], faces=False, report=told.append)
    assert look_at(clip).seconds == pytest.approx(1.28)
    assert (told[0].done, told[0].total, told[0].item) == (0, 2, clip.name)


def test_relative_path_has_forward_slashes(tmp_path):
    assert relative_path(tmp_path / "a" / "b.mp4", tmp_path / "c") == "../a/b.mp4"


@pytest.fixture
def clip(sample_corpus):
    return sample_corpus / "s01" / "fear" / "s01_fear_1.mp4"
