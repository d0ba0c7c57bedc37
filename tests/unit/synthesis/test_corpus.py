import json

import av
import cv2
import numpy as np
import pandas as pd
import pytest
from cv2.data import haarcascades

from ferfusion.errors import CorpusError
from ferfusion.files import write_text
from ferfusion.label_set import SIX
from ferfusion.reporting.columns.page import table_kind
from ferfusion.synthesis import corpus
from ferfusion.synthesis.corpus import Take, perform, takes, unfinished, write_corpus
from ferfusion.synthesis.recipe import SynthesisRecipe
from ferfusion.tables import write_table


def decode(path):
    with av.open(str(path)) as video:
        return [frame.to_ndarray(format="rgb24") for frame in video.decode(video=0)]


def test_takes_have_every_class_of_every_subject_equally_often():
    planned = takes(SynthesisRecipe(subjects=3, clips=2))
    assert len(planned) == 3 * 6 * 2
    assert len({take.path for take in planned}) == len(planned)
    assert {take.label for take in planned} == set(SIX.names)


def test_take_path_fits_the_folder_corpus():
    take = Take(0, "Anger", 1)
    assert take.path.as_posix() == "s01/anger/s01_anger_1.mp4"
    assert take.flow_path.as_posix() == "truth/flow/s01/anger/s01_anger_1.safetensors"


def test_perform_draws_the_same_clip_in_a_larger_corpus():
    small, large = SynthesisRecipe(subjects=2), SynthesisRecipe(subjects=5, clips=3)
    take = Take(1, "Fear", 2)
    assert (perform(take, small).weights == perform(take, large).weights).all()


def test_unfinished_leaves_out_clips_that_exist(tmp_path):
    recipe = SynthesisRecipe(subjects=1, clips=1)
    first, *others = takes(recipe)
    path = tmp_path / first.path
    path.parent.mkdir(parents=True)
    path.touch()
    assert unfinished(tmp_path, recipe, with_flow=False) == others
    assert unfinished(tmp_path, recipe, with_flow=True) == takes(recipe)


def test_write_corpus_refuses_a_folder_with_other_files(tmp_path):
    pytest.importorskip("anny")
    from ferfusion.synthesis.corpus import _begin

    (tmp_path / "thesis.txt").touch()
    with pytest.raises(CorpusError, match="is not empty and is no rendered corpus"):
        _begin(tmp_path, SynthesisRecipe())


def test_write_corpus_refuses_a_corpus_of_another_recipe(tmp_path):
    pytest.importorskip("anny")
    from ferfusion.synthesis.corpus import _begin

    _begin(tmp_path, SynthesisRecipe())
    _begin(tmp_path, SynthesisRecipe())
    with pytest.raises(CorpusError, match="another recipe or version"):
        _begin(tmp_path, SynthesisRecipe(seed=8))


def test_write_corpus_keeps_both_earlier_tables_if_one_cannot_be_written(tmp_path, monkeypatch):
    pytest.importorskip("anny")
    recipe = SynthesisRecipe(subjects=1, clips=1, frames=12)
    for take in takes(recipe):
        (tmp_path / take.path).parent.mkdir(parents=True)
        (tmp_path / take.path).touch()
    write_text(tmp_path / "corpus.json", json.dumps(corpus._about(recipe)))
    assert list(write_corpus(tmp_path, recipe)) == []
    names = ("corpus.csv", "truth/frames.csv")
    for name in names:
        (tmp_path / name).write_text("earlier")

    def fail(path, table, **options):
        if path.name == "frames.csv":
            raise KeyboardInterrupt
        write_table(path, table, **options)

    monkeypatch.setattr(corpus, "write_table", fail)
    with pytest.raises(KeyboardInterrupt):
        list(write_corpus(tmp_path, recipe))
    assert [(tmp_path / name).read_text() for name in names] == ["earlier"] * 2
    assert not list(tmp_path.rglob(".*"))


@pytest.mark.slow
def test_write_corpus_gives_the_same_files_again(rendered_corpus, head, tmp_path, rendered_recipe):
    list(write_corpus(tmp_path, rendered_recipe, with_flow=True, head=head))
    names = sorted(path.relative_to(rendered_corpus) for path in rendered_corpus.rglob("*") if path.is_file())
    assert len(names) == 6 + 6 + 3
    for name in names:
        assert (tmp_path / name).read_bytes() == (rendered_corpus / name).read_bytes(), name


@pytest.mark.slow
def test_write_corpus_renders_only_the_missing_clip(rendered_corpus, head, rendered_recipe):
    path = rendered_corpus / "s01" / "fear" / "s01_fear_1.mp4"
    before = path.read_bytes()
    path.unlink()
    assert list(write_corpus(rendered_corpus, rendered_recipe, head=head)) == [path]
    assert path.read_bytes() == before


@pytest.mark.slow
def test_write_corpus_shows_a_face_that_haar_detects(rendered_corpus, rendered_recipe):
    cascade = cv2.CascadeClassifier(haarcascades + "haarcascade_frontalface_default.xml")
    images = [image for path in sorted(rendered_corpus.rglob("*.mp4")) for image in decode(path)]
    assert len(images) == 6 * rendered_recipe.frames
    found = [
        len(cascade.detectMultiScale(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), 1.1, 4, minSize=(40, 40))) > 0
        for image in images
    ]
    assert np.mean(found) >= 0.95


@pytest.mark.slow
def test_write_corpus_tables_describe_the_frames(rendered_corpus, rendered_recipe):
    frames = pd.read_csv(rendered_corpus / "truth" / "frames.csv")
    assert len(frames) == 6 * rendered_recipe.frames
    happy = frames[frames["label"] == "Happiness"]
    assert (
        happy["mouthSmileLeft"].idxmax() in happy.index[happy["intensity"] > 0.9 * happy["intensity"].max()]
    )
    assert happy["browInnerUp"].max() == 0


@pytest.mark.parametrize("file", ["corpus.csv", "truth/frames.csv"])
def test_write_corpus_writes_documented_columns_only(rendered_corpus, file):
    kind = table_kind("CORPUS", file)
    assert kind is not None
    assert kind.unknown(list(pd.read_csv(rendered_corpus / file).columns)) == []
