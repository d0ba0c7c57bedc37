import io
import shutil
from pathlib import Path

import pandas as pd
import pytest

from ferfusion.addresses import Address
from ferfusion.engines import run_here
from ferfusion.errors import ConfigError, FileError, VideoError
from ferfusion.inference.finished import unfinished, with_stamps
from ferfusion.inference.predict_jobs import make_jobs
from ferfusion.inference.predict_many import Unreadable, predict_each
from ferfusion.inference.predict_on_engine import PredictSettings, TaskBatch, make_tasks, predict_on_engine
from ferfusion.inference.predictor import load_predictor
from ferfusion.inference.recipe import PredictRecipe
from ferfusion.inference.remote_out import (
    UploadedFolders,
    remote_out,
    task_folders,
    upload_result,
    uploaded,
)
from ferfusion.inference.videos_table import VideosTable
from ferfusion.preparation.recipe import PrepareRecipe
from helpers.predictors import BrightnessPredictor
from helpers.stores import memory_store
from helpers.videos import numbered, write_video

RECIPE = PredictRecipe()
OUT = "memory://results/out"
FILES = ["annotated.mp4", "frames.csv", "onsets.csv", "report.html", "verdict.json"]


@pytest.fixture
def store():
    with memory_store() as system:
        yield system


@pytest.fixture
def videos(tmp_path):
    """Two videos, and a file that is none."""
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "diary.mp4").write_text("dear diary")
    return [*(write_video(folder / f"{name}.mp4", numbered(5)) for name in "ab"), folder / "diary.mp4"]


def predict_here(sources, address):
    """Predict all but what is done already, as a call does; return the results."""
    with remote_out(Address(address)) as (out, remote):
        at_address = remote.begin(out)
        jobs = make_jobs(sources, out=out)
        jobs = list(with_stamps(jobs, model_sha256="m", prepare_recipe=PrepareRecipe(), recipe=RECIPE))
        jobs = unfinished(jobs, out, recipe=RECIPE, annotate=True, remote=at_address)
        folders = UploadedFolders(VideosTable(out), out, remote.of(out))
        each = predict_each(jobs, BrightnessPredictor(), out=out, folders=folders)
        results = list(uploaded((folders.placed(one) for one in each), remote))
        assert [path.name for path in out.iterdir()] == ["videos.csv"]  # the disk does not fill
    assert not out.exists()
    return results


def table_of(store, address=OUT):
    text = store.cat_file(f"{address}/videos.csv").decode()
    return pd.read_csv(io.StringIO(text), keep_default_na=False).set_index("folder")


def files_of(store, folder):
    return sorted(path.rpartition("/")[2] for path in store.find(f"{OUT}/{folder}"))


def test_results_at_an_address_have_the_bytes_of_a_folder(store, videos, tmp_path):
    results = predict_here(videos, OUT)
    jobs = make_jobs(videos)
    stamped = with_stamps(jobs, model_sha256="m", prepare_recipe=PrepareRecipe(), recipe=RECIPE)
    list(predict_each(list(stamped), BrightnessPredictor(), out=tmp_path / "local"))
    local = [path for path in (tmp_path / "local").rglob("*") if path.is_file()]
    assert len(local) == 2 * len(FILES) + 1
    for path in local:
        assert store.cat_file(f"{OUT}/{path.relative_to(tmp_path / 'local')}") == path.read_bytes()
    assert str(results[0].outcome.address) == f"{OUT}/a"
    assert results[0].outcome.folder is None


def test_what_is_at_the_address_is_not_predicted_again(store, videos):
    predict_here(videos, OUT)
    assert [result.job.name for result in predict_here(videos, OUT)] == ["diary.mp4"]
    store.rm_file(f"{OUT}/a/verdict.json")  # as an upload that was stopped
    store.pipe_file(f"{OUT}/b/report.html", b"")
    assert [result.job.name for result in predict_here(videos, OUT)] == ["a.mp4", "b.mp4", "diary.mp4"]
    assert files_of(store, "a") == FILES
    assert table_of(store)["status"].to_dict() == {"a": "no_face", "b": "no_face", "diary": "unreadable"}


def test_inputs_at_addresses_are_predicted_again_when_they_change(store, videos):
    store.put_file(str(videos[0]), "memory://in/a.mp4")
    sources = [Address("memory://in/a.mp4"), Address("memory://in/gone.mp4")]
    [read, gone] = predict_here(sources, OUT)
    assert (read.outcome.video, read.job.place) == ("a.mp4", "memory://in/a.mp4")
    assert "memory://in/gone.mp4 cannot be read: there is no such file" in gone.outcome.reason
    assert table_of(store)["video"].to_dict() == {"a": "memory://in/a.mp4", "gone": "memory://in/gone.mp4"}
    assert [result.job.name for result in predict_here(sources, OUT)] == ["gone.mp4"]
    store.put_file(str(videos[1]), "memory://in/a.mp4")
    assert [result.job.name for result in predict_here(sources, OUT)] == ["a.mp4", "gone.mp4"]


def test_upload_result_puts_the_verdict_last_and_removes_an_earlier_result(store, tmp_path, monkeypatch):
    folder = tmp_path / "a"
    (folder / "annotated").mkdir(parents=True)
    for name in ("verdict.json", "report.html", "annotated/1.jpg"):
        (folder / name).write_text(name)
    for name in ("verdict.json", "means.csv", "notes.txt", "annotated/2.jpg"):
        store.pipe_file(f"{OUT}/a/{name}", b"earlier")
    done: list[str] = []
    put, remove = type(store).put_file, type(store).rm_file

    def note_and_put(self, path, to):
        done.append(f"+{Path(to).name}")
        put(self, path, to)

    def note_and_remove(self, path):
        done.append(f"-{Path(path).name}")
        remove(self, path)

    monkeypatch.setattr(type(store), "put_file", note_and_put)
    monkeypatch.setattr(type(store), "rm_file", note_and_remove)
    upload_result(folder, Address(f"{OUT}/a"))
    assert done == ["-verdict.json", "-2.jpg", "-means.csv", "+1.jpg", "+report.html", "+verdict.json"]
    assert files_of(store, "a") == ["1.jpg", "notes.txt", "report.html", "verdict.json"]


def test_a_failed_upload_is_a_row_and_the_others_are_predicted(store, videos, monkeypatch):
    put = type(store).put_file

    def fail(self, path, to, **settings):
        if to.endswith("a/frames.csv"):
            raise OSError("connection lost")
        put(self, path, to, **settings)

    monkeypatch.setattr(type(store), "put_file", fail)
    results = predict_here(videos[:2], OUT)
    assert isinstance(results[0].outcome, Unreadable)
    row = table_of(store).loc["a"]
    assert (row["status"], table_of(store).loc["b", "status"]) == ("unreadable", "no_face")
    assert "a.mp4: its results cannot be uploaded: memory://results/out/a/frames.csv" in row["reason"]
    assert files_of(store, "b") == FILES
    monkeypatch.undo()
    assert [result.job.name for result in predict_here(videos[:2], OUT)] == ["a.mp4"]


def test_an_address_that_cannot_be_written_ends_the_call_before_any_work(store, monkeypatch):
    def refuse(*_, **__):
        raise PermissionError

    monkeypatch.setattr(type(store), "put_file", refuse)
    with (
        pytest.raises(FileError, match=r"out/videos\.csv cannot be written: no permission"),
        remote_out(Address(OUT)) as (out, remote),
    ):
        remote.begin(out)


def test_messages_name_the_address_in_place_of_the_local_folder(store):
    store.pipe_file(f"{OUT}/videos.csv", b"name\nx\n")
    with (
        pytest.raises(ConfigError, match=r"^memory://results/out/videos\.csv has no column folder"),
        remote_out(Address(OUT)) as (out, _),
    ):
        VideosTable(out)


def test_the_layout_of_an_earlier_call_is_known(store):
    store.pipe_file(f"{OUT}/batch-00001/videos.csv", b"folder,video\n")
    with remote_out(Address(OUT)) as (out, remote):
        assert [path.relative_to(out).as_posix() for path in out.rglob("*.csv")] == ["batch-00001/videos.csv"]
        assert str(remote.of(out / "batch-00001")) == f"{OUT}/batch-00001"


def test_names_at_the_address_lead_out_of_no_folder(store, monkeypatch):
    """Somebody else may write to the bucket."""
    names = ["videos.csv", "photographs/photographs.csv", "../photographs.csv", "../../x/photographs.csv"]
    listed = {f"/results/out/{name}": {"size": 1} for name in names}
    monkeypatch.setattr(type(store), "find", lambda *_, **__: listed)
    fetched: list[str] = []
    monkeypatch.setattr(Address, "download", lambda self, file: fetched.append(str(self)))
    with remote_out(Address(OUT)) as (out, remote):
        remote.begin(out)
    assert fetched == [f"{OUT}/videos.csv", f"{OUT}/photographs/photographs.csv"]


@pytest.mark.parametrize("last", ["..", ".", "", "a\0b", "out"])
def test_no_address_leads_out_of_the_temporary_folder(store, last):
    with remote_out(Address(f"memory://results/{last}")) as (out, _):
        assert out.name == "predictions"


@pytest.mark.parametrize("original", [KeyboardInterrupt(), VideoError("broken")])
def test_a_failed_upload_at_the_end_hides_no_error(store, monkeypatch, original):
    def results(error):
        yield from ()
        if error is not None:
            raise error

    def refuse(*_):
        raise FileError("no upload")

    monkeypatch.setattr("ferfusion.inference.remote_out._upload_tables", refuse)
    with remote_out(Address(OUT)) as (_, remote):
        with pytest.raises(type(original)):
            list(uploaded(results(original), remote))
        with pytest.raises(FileError, match="no upload"):
            list(uploaded(results(None), remote))


def test_a_folder_is_itself():
    with remote_out(Path("out")) as both:
        assert both == (Path("out"), None)
    with task_folders(None, None) as none:
        assert none == (None, None)


def test_workers_read_and_write_addresses(tmp_path, videos, sample_corpus):
    """Their own folders are not the one of the process that began them."""
    shutil.copy(next(iter(sorted(sample_corpus.rglob("*.mp4")))), videos[0])
    place = f"file://{tmp_path}/out"
    sources = [Address(f"file://{video}") for video in videos]
    list(predict_each(make_jobs(videos), load_predictor(device="cpu"), out=tmp_path / "local"))
    with remote_out(Address(place)) as (out, remote):
        remote.begin(out)
        settings = PredictSettings(
            model=None,
            model_sha256="shipped",
            device="cpu",
            recipe=RECIPE,
            out=out,
            annotate=True,
            detector_model=None,
            remote=remote,
        )
        tasks = make_tasks(make_jobs(sources, out=out), settings)
        predictor = load_predictor(device="cpu")
        each = predict_on_engine([TaskBatch(tasks)], run_here, predictor=predictor)
        results = list(uploaded((result for result in each), remote))
        assert [path.name for path in out.iterdir()] == ["videos.csv"]
    read = [result.outcome for result in results if not isinstance(result.outcome, Unreadable)]
    assert sorted(str(outcome.address) for outcome in read) == [f"{place}/a", f"{place}/b"]
    for path in (path for path in (tmp_path / "local").rglob("*.*") if path.parent.name in "ab"):
        assert path.read_bytes() == (tmp_path / "out" / path.relative_to(tmp_path / "local")).read_bytes()
    here, there = (
        pd.read_csv(tmp_path / each / "videos.csv", keep_default_na=False) for each in ("local", "out")
    )
    there["video"] = there["video"].str.removeprefix("file://")
    pd.testing.assert_frame_equal(here, there)
