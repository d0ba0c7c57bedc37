import pytest

from ferfusion.errors import ConfigError, CorpusError
from ferfusion.labels import SIX
from ferfusion.synthesis.corpus import Take, perform, takes, unfinished
from ferfusion.synthesis.recipe import SynthesisRecipe


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"subjects": 0}, "subjects must be at least 1, got 0"),
        ({"frames": 5}, "frames must be at least 12, got 5"),
        ({"size": 63}, "size must be even and at least 64 pixels, got 63"),
        ({"size": 101}, "size must be even"),
        ({"min_intensity": 0.9, "max_intensity": 0.5}, "Intensities must be .* got 0.9 to 0.5"),
        ({"crf": 60}, "crf must be from 0 to 51, got 60"),
    ],
)
def test_a_setting_out_of_range_is_named(settings, message):
    with pytest.raises(ConfigError, match=message):
        SynthesisRecipe(**settings)


def test_a_corpus_has_every_class_of_every_subject_equally_often():
    planned = takes(SynthesisRecipe(subjects=3, clips=2))
    assert len(planned) == 3 * 6 * 2
    assert len({take.path for take in planned}) == len(planned)
    assert {take.label for take in planned} == set(SIX.names)


def test_a_clip_is_where_the_folder_corpus_looks_for_it():
    take = Take(0, "Anger", 1)
    assert take.path.as_posix() == "s01/anger/s01_anger_1.mp4"
    assert take.flow_path.as_posix() == "truth/flow/s01/anger/s01_anger_1.safetensors"


def test_a_larger_corpus_begins_with_the_smaller_one():
    small, large = SynthesisRecipe(subjects=2), SynthesisRecipe(subjects=5, clips=3)
    take = Take(1, "Fear", 2)
    assert (perform(take, small).weights == perform(take, large).weights).all()


def test_clips_that_are_there_are_not_rendered_again(tmp_path):
    recipe = SynthesisRecipe(subjects=1, clips=1)
    first, *others = takes(recipe)
    path = tmp_path / first.path
    path.parent.mkdir(parents=True)
    path.touch()
    assert unfinished(tmp_path, recipe, with_flow=False) == others
    assert unfinished(tmp_path, recipe, with_flow=True) == takes(recipe)


def test_other_peoples_folders_are_left_alone(tmp_path):
    pytest.importorskip("anny")
    from ferfusion.synthesis.corpus import _begin

    (tmp_path / "thesis.txt").touch()
    with pytest.raises(CorpusError, match="is not empty and is no rendered corpus"):
        _begin(tmp_path, SynthesisRecipe())


def test_a_corpus_of_another_recipe_is_not_mixed_in(tmp_path):
    pytest.importorskip("anny")
    from ferfusion.synthesis.corpus import _begin

    _begin(tmp_path, SynthesisRecipe())
    _begin(tmp_path, SynthesisRecipe())
    with pytest.raises(CorpusError, match="another recipe or version"):
        _begin(tmp_path, SynthesisRecipe(seed=8))
