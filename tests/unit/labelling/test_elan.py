from dataclasses import replace

import pytest

from ferfusion.errors import ConfigError, CorpusError
from ferfusion.labelling.elan import looks_like_elan, read_elan
from ferfusion.labelling.project import Item
from helpers.label_projects import write_project

WITH_TIERS = (
    "Tier\t\tBegin Time - hh:mm:ss.ms\tBegin Time - ss.msec\tEnd Time - hh:mm:ss.ms\tEnd Time - ss.msec\t"
    "Duration - hh:mm:ss.ms\tDuration - ss.msec\tAnnotation\n"
    "expression\tann\t00:00:01.250\t1.25\t00:00:02.500\t2.5\t00:00:01.250\t1.25\tjoy 3\n"
)
TIER_COLUMNS = (
    '"#file:///C:/study/clip1.eaf"\n'
    "Begin Time - msec\tEnd Time - msec\tDuration - msec\texpression\tremark\n"
    "1250\t2500\t1250\tanger\t\n"
    "3000\t4000\t1000\t\tlooks away\n"
)
PLAIN = "expression\t\t00:00:01.250\t00:00:02.500\t00:00:01.250\tcalm\n"
PLAIN_MILLISECONDS = "expression\tp1\t1250\t2500\t1250\tcalm\n"


@pytest.fixture
def project(tmp_path):
    return write_project(tmp_path / "project")


def export(tmp_path, text, name="clip0.txt"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        (WITH_TIERS, [("clip0.mp4", "joy", 1.25, 2.5, 3)]),
        (
            TIER_COLUMNS,
            [("clip1.mp4", "anger", 1.25, 2.5, None), ("clip1.mp4", "looks away", 3.0, 4.0, None)],
        ),
        (PLAIN, [("clip0.mp4", "calm", 1.25, 2.5, None)]),
        (PLAIN_MILLISECONDS, [("clip0.mp4", "calm", 1.25, 2.5, None)]),
        (PLAIN.encode("utf-8").decode().replace("\n", "\r\n"), [("clip0.mp4", "calm", 1.25, 2.5, None)]),
    ],
)
def test_read_elan_reads_each_form_of_an_export(tmp_path, project, text, rows):
    path = export(tmp_path, text)
    assert looks_like_elan(path)
    found = read_elan(path, project, rater="Ann")
    assert [(one.path, one.label, one.start, one.end, one.intensity) for one in found] == rows
    assert {one.rater for one in found} == {"Ann"}


def test_read_elan_takes_the_file_of_a_column_and_the_item_that_is_named(tmp_path, project):
    text = "File\tTier\tBegin Time - ss.msec\tEnd Time - ss.msec\tAnnotation\nclip1.eaf\tx\t1.0\t2.0\tjoy\n"
    path = export(tmp_path, text, name="all.txt")
    assert [one.path for one in read_elan(path, project, rater="Ann")] == ["clip1.mp4"]
    assert [one.path for one in read_elan(path, project, rater="Ann", item="0000")] == ["clip0.mp4"]


@pytest.mark.parametrize(("tier", "face"), [("Ömer", 1), ("face 0", 0), ("mouth", None)])
def test_read_elan_finds_the_face_by_the_name_of_the_tier(tmp_path, project, tier, face):
    items = tuple(Item(f"000{k}", "clip0.mp4", name, face=k) for k, name in enumerate(("Zoë", "Ömer")))
    path = export(tmp_path, PLAIN.replace("expression", tier))
    [found] = read_elan(path, replace(project, items=items), rater="Ann")
    assert (found.path, found.face) == ("clip0.mp4", face)


def test_read_elan_has_a_reason_for_times_that_are_none(tmp_path, project):
    path = export(tmp_path, WITH_TIERS.replace("2.5", "0.5").replace("00:00:02", "00:00:00"))
    [found] = read_elan(path, project, rater="Ann")
    assert found.wrong == "begin and end are no times, the begin first"


def test_read_elan_needs_a_rater_and_an_end(tmp_path, project):
    with pytest.raises(ConfigError, match="does not say who labelled; name the rater"):
        read_elan(export(tmp_path, PLAIN), project, rater="")
    with pytest.raises(CorpusError, match="has no end of its annotations"):
        read_elan(export(tmp_path, "Begin Time - msec\ta\tb\n1\tx\ty\n"), project, rater="Ann")


@pytest.mark.parametrize("text", ["", "path,label,rater\na.mp4,joy,ann\n", "path\tlabel\tstart\nb\tjoy\t1\n"])
def test_looks_like_elan_knows_other_tables(tmp_path, text):
    assert not looks_like_elan(export(tmp_path, text))
