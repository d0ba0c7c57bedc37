from pathlib import Path

import pandas as pd
import pytest

from ferfusion.addresses import Address
from ferfusion.inference.predict_jobs import common_place, make_jobs
from ferfusion.inference.predict_many import predict_each
from ferfusion.video.footage import image_in_memory
from helpers.corpora import write_text
from helpers.photographs import grey, whole_image_predictor, write_photograph


def test_make_jobs_gives_videos_of_one_name_two_folders(tmp_path):
    jobs = make_jobs([tmp_path / "a" / "x.mp4", tmp_path / "b" / "x.mp4"])
    assert [job.folder for job in jobs] == ["x", "x-2"]


def test_make_jobs_puts_all_photographs_into_one_folder(tmp_path):
    sources = [tmp_path / "photographs.mp4", tmp_path / "a" / "1.jpg", tmp_path / "b" / "1.png"]
    jobs = make_jobs([*sources, image_in_memory(grey(0), name="image-1"), sources[1]])
    assert [job.folder for job in jobs] == ["photographs", *["photographs-2"] * 4]
    assert [job.photograph for job in jobs] == ["", "a/1.jpg", "b/1.png", "image-1", "a/1.jpg (2)"]
    assert common_place(jobs[1:]) == str(tmp_path)


def test_make_jobs_names_the_folder_of_one_photograph_after_it():
    [job] = make_jobs([Path("in/me.jpg")])
    place = str(Path("in/me.jpg").absolute())
    assert (job.folder, job.photograph, common_place([job])) == ("me", "me.jpg", place)
    [first, _] = make_jobs([Path("in/me.jpg"), Path("in/you.jpg")])
    assert first.folder == "photographs"


def test_make_jobs_keeps_photographs_that_are_not_predicted_again(tmp_path):
    """A folder of photographs is replaced where all of its photographs are predicted again, or are gone."""
    out, paths = tmp_path / "out", [write_photograph(tmp_path / f"{k}.png", grey(0)) for k in range(4)]

    def predict(*sources):
        jobs = make_jobs(sources, out=out)
        list(predict_each(jobs, whole_image_predictor(), out=out, annotate=False))
        return jobs[0].folder

    assert predict(paths[0], paths[1]) == "photographs"
    assert predict(paths[2], paths[3]) == "photographs-2"
    assert predict(*paths) == "photographs"
    paths[0].unlink()
    assert predict(*paths[1:]) == "photographs"
    assert len(pd.read_csv(out / "videos.csv")) == 2


def test_make_jobs_takes_an_earlier_photograph_with_an_impossible_name_as_gone(tmp_path):
    photographs = [tmp_path / name for name in ("1.png", "2.png")]
    write_text(tmp_path / "out", "videos.csv", f"folder,video\nphotographs,{tmp_path}\n")
    write_text(tmp_path / "out", "photographs/photographs.csv", f"photograph\n{'x' * 10_000}\n")
    assert {job.folder for job in make_jobs(photographs, out=tmp_path / "out")} == {"photographs"}


def test_common_place_of_images_in_memory_is_the_name_of_their_folder():
    jobs = make_jobs([image_in_memory(grey(0), name=name) for name in ("image-1", "image-2")])
    assert common_place(jobs) == "photographs"


@pytest.mark.parametrize("folder", ["s3://bucket/in", "file:///data/in", "github://me:faces@main"])
def test_photographs_at_addresses_have_the_names_of_a_folder(folder):
    jobs = make_jobs([Address(f"{folder}/{name}") for name in ("a.png", "deep/b.png")])
    assert [(job.folder, job.photograph) for job in jobs] == [
        ("photographs", "a.png"),
        ("photographs", "deep/b.png"),
    ]
    assert common_place(jobs) == folder


def test_photographs_of_several_places_have_no_folder():
    assert common_place(make_jobs([Address("s3://b/a.png"), Address("s3://c/b.png")])) == "s3://"
    assert common_place(make_jobs([Address("s3://b/a.png"), Path("b.png")])) == "photographs"
    assert common_place(make_jobs([Address("s3://b/a.png"), Address("gs://b/b.png")])) == "photographs"


def test_videos_at_addresses_have_the_address_as_their_place():
    [job] = make_jobs([Address("https://me:secret@host/talk%201.mp4?token=abc")])
    assert (job.name, job.place, job.table_place) == ("talk 1.mp4", *["https://host/talk%201.mp4"] * 2)
    assert job.folder.startswith("talk")
