import shutil
from pathlib import Path

import numpy as np
import pytest

import ferfusion as fer
from ferfusion.api import predict_call
from ferfusion.api.predict_call import batches, is_several, listed
from ferfusion.errors import ConfigError
from ferfusion.inference import predict_on_engine
from ferfusion.inference.predict_many import Unreadable, VideoResult
from ferfusion.inference.predictor import SHIPPED
from helpers.stores import memory_store
from helpers.videos import numbered, write_video

GREY = np.full((3, 96, 96, 3), 120, np.uint8)


@pytest.fixture(scope="module")
def model():
    return fer.load_model(device="cpu")


@pytest.fixture
def folder(tmp_path):
    """Two videos and a text that is none."""
    place = tmp_path / "in"
    place.mkdir()
    for name, frames in (("a", 5), ("b", 7)):
        write_video(place / f"{name}.mp4", numbered(frames))
    (place / "diary.mp4").write_text("dear diary")
    return place


def names(results):
    return [result.name if isinstance(result, fer.UnreadVideo) else result.video for result in results]


def test_listed_and_is_several(tmp_path):
    assert listed(iter("ab")) == ["a", "b"]
    assert is_several(["a"])
    assert is_several(tmp_path)
    assert not is_several(tmp_path / "a.mp4")
    assert not is_several(GREY)


def test_predict_each_resumes_without_what_is_predicted(model, folder, tmp_path):
    out = tmp_path / "out"
    said: list[fer.Progress] = []

    def again(**settings):
        return names(model.predict_each(folder, out=out, resume=True, progress=said.append, **settings))

    assert again() == ["a.mp4", "b.mp4", "diary.mp4"]
    assert again() == ["diary.mp4"]
    assert any(each.message.startswith(f"Predicted already: 2 of 3 inputs, in {out}") for each in said)
    assert again(window=1) == ["a.mp4", "b.mp4", "diary.mp4"]
    write_video(folder / "a.mp4", numbered(9))
    assert again(window=1) == ["a.mp4", "diary.mp4"]
    assert names(model.predict_each(folder, out=out, window=1)) == ["a.mp4", "b.mp4", "diary.mp4"]


def test_predict_each_says_once_how_much_of_many_batches_is_predicted(model, folder, tmp_path, monkeypatch):
    monkeypatch.setattr(predict_call, "BATCH", 1)
    videos = [folder / "a.mp4", folder / "b.mp4"]
    list(model.predict_each(videos, out=tmp_path / "out", engine="here"))
    said: list[fer.Progress] = []
    again = {"out": tmp_path / "out", "engine": "here", "resume": True, "progress": said.append}
    assert names(model.predict_each([*videos, folder / "diary.mp4"], **again)) == ["diary.mp4"]
    assert list(model.predict_each(iter(videos), **again)) == []
    messages = [each.message.partition(";")[0] for each in said if each.message]
    out = tmp_path / "out"
    assert messages == [f"Predicted already: 2 of {inputs} inputs, in {out}" for inputs in (3, 2)]


def test_predict_refuses_to_resume_since_it_returns_everything(model, folder, tmp_path):
    with pytest.raises(ConfigError, match="predict_each"):
        model.predict(folder, out=tmp_path / "out", resume=True)
    with pytest.raises(ConfigError, match="needs out"):
        next(model.predict_each(folder, resume=True))


def test_predict_each_needs_the_file_of_its_model_only_once(folder, tmp_path):
    file = shutil.copy(SHIPPED, tmp_path / "model.safetensors")
    model = fer.load_model(file, device="cpu")
    Path(file).unlink()
    assert names(model.predict_each(folder, out=tmp_path / "out", workers=1)) == [
        "a.mp4",
        "b.mp4",
        "diary.mp4",
    ]


@pytest.mark.parametrize("settings", [{"engine": "pol"}, {"address": "1.2.3.4:5"}, {"workers": 0}])
def test_predict_refuses_settings_of_the_engine(model, folder, settings):
    with pytest.raises(ConfigError):
        model.predict(folder, **settings)


@pytest.mark.slow
def test_predict_returns_the_inputs_in_their_order_from_several_processes(model, folder):
    inputs = [folder / "b.mp4", GREY[0], folder / "diary.mp4", folder / "a.mp4"]
    several = model.predict(inputs, workers=2)
    assert [one.video for one in several] == ["b.mp4", "image-1", "a.mp4"]
    assert [one.name for one in several.unread] == ["diary.mp4"]
    alone = model.predict(inputs, engine="here")
    assert all(one.table.equals(other.table) for one, other in zip(several, alone, strict=True))


def folders_of(inputs, out):
    found = batches(inputs, fps=None, out=out, on_message=print)
    return [(each.out and each.out.name, [source.name for source in each.sources]) for each in found]


@pytest.mark.parametrize(
    ("number", "folders"),
    [
        (1, {"out": ["0"]}),
        (2, {"out": ["0", "1"]}),
        (3, {"batch-00001": ["0", "1"], "batch-00002": ["2"]}),
        (4, {"batch-00001": ["0", "1"], "batch-00002": ["2", "3"]}),
    ],
)
@pytest.mark.parametrize("kind", [list, iter])
def test_batches_have_a_folder_each_if_they_are_several(tmp_path, monkeypatch, kind, number, folders):
    monkeypatch.setattr(predict_call, "BATCH", 2)
    names_of = [str(each) for each in range(number)]
    assert folders_of(kind(names_of), tmp_path / "out") == list(folders.items())
    assert [place for place, _ in folders_of(kind(names_of), None)] == [None] * len(folders)


def test_batches_read_a_folder_with_a_file_in_it_once(folder, tmp_path):
    [(_, found)] = folders_of([folder / "a.mp4", folder], tmp_path / "out")
    assert found == ["a.mp4", "b.mp4", "diary.mp4"]


@pytest.mark.parametrize(("earlier", "inputs"), [("videos.csv", "abc"), ("batch-00001", "ab")])
def test_batches_do_not_mix_with_predictions_without_batches(tmp_path, monkeypatch, earlier, inputs):
    monkeypatch.setattr(predict_call, "BATCH", 2)
    (tmp_path / earlier).mkdir()
    with pytest.raises(ConfigError, match="name another folder"):
        folders_of(list(inputs), tmp_path)


def test_batches_of_nothing_are_refused(tmp_path):
    with pytest.raises(ConfigError, match="at least one"):
        folders_of(iter(()), tmp_path / "out")


def test_predict_each_reads_a_long_list_only_as_it_needs_it(model, tmp_path, monkeypatch):
    """With a stand-in for the work: nothing of the list stays in memory."""

    def stand_in(jobs, *_, **__):
        yield from (VideoResult(job, None, Unreadable("not there")) for job in jobs)

    monkeypatch.setattr(predict_on_engine, "predict_each", stand_in)
    taken = []

    def many():
        for number in range(10_000):
            taken.append(number)
            yield f"{number}.mp4"

    results = model.predict_each(many(), out=tmp_path / "out", engine="here")
    assert next(results).video == "0.mp4"
    assert len(taken) <= 3 * predict_call.BATCH
    numbers = [0, *(result._number for result in results)]
    assert numbers == list(range(10_000))


def test_predict_each_refuses_a_batch_of_another_list(model, folder, tmp_path, monkeypatch):
    monkeypatch.setattr(predict_call, "BATCH", 1)
    out, videos = tmp_path / "out", [folder / "a.mp4", folder / "b.mp4"]
    assert names(model.predict_each(videos, out=out, engine="here")) == ["a.mp4", "b.mp4"]
    assert sorted(path.name for path in out.iterdir()) == ["batch-00001", "batch-00002"]
    assert names(model.predict_each([*videos, folder / "diary.mp4"], out=out, resume=True)) == ["diary.mp4"]
    with pytest.raises(ConfigError, match="the list has changed"):
        list(model.predict_each(videos[::-1], out=out, resume=True))


def test_predict_each_takes_a_rate_for_the_arrays_of_a_long_iterator(model, folder, monkeypatch):
    monkeypatch.setattr(predict_call, "BATCH", 2)
    inputs = [GREY, folder / "a.mp4", folder / "b.mp4", folder / "diary.mp4", GREY]
    results = list(model.predict_each(iter(inputs), fps=25, engine="here"))
    assert names(results) == ["frames-1", "a.mp4", "b.mp4", "diary.mp4", "frames-2"]
    with pytest.raises(ConfigError, match="fps is for an array"):
        model.predict(inputs[1:4], fps=25)


def test_predict_call_keeps_batches_of_arrays_from_filling_the_memory(model, folder, monkeypatch):
    """With a stand-in for the engine: it is asked for the batches with a file, and nothing behind them."""
    monkeypatch.setattr(predict_call, "BATCH", 1)
    asked = []

    def engine(function, tasks, **_):
        for task in tasks:
            asked.append(task.jobs[0].name)
            yield function(task)

    monkeypatch.setattr(predict_call, "ENGINES", {"pool": engine})
    taken = []

    def many():
        for each in (GREY, GREY, folder / "a.mp4", GREY, GREY, folder / "b.mp4"):
            taken.append(each)
            yield each

    results = model.predict_each(many(), fps=25, workers=2)
    assert names([next(results), next(results)]) == ["frames-1", "frames-2"]
    assert len(taken) <= 4
    assert names(results) == ["a.mp4", "frames-3", "frames-4", "b.mp4"]
    assert asked == ["a.mp4", "b.mp4"]


def test_predictions_at_memory_are_made_in_this_process(model, folder):
    """Other processes have a memory of their own."""
    with memory_store() as store:
        results = list(model.predict_each([folder / "a.mp4", folder / "b.mp4"], out="memory://o", workers=2))
        assert [result.address for result in results] == ["memory://o/a", "memory://o/b"]
        store.pipe_file("/in/c.mp4", (folder / "a.mp4").read_bytes())
        assert names(model.predict_each(["memory://in/c.mp4"], workers=2)) == ["c.mp4"]
        assert {"/o/a/frames.csv", "/o/b/verdict.json", "/o/videos.csv"} <= set(store.find("/o"))
