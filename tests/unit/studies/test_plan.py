from dataclasses import replace

import pytest

from ferfusion.errors import ConfigError
from ferfusion.models.config import ModelConfig
from ferfusion.studies.plan import StudyPlan, read_variants
from ferfusion.training.recipe import TrainRecipe

MODEL, RECIPE = ModelConfig(stream="table1"), TrainRecipe(epochs=3)


def variants(*texts):
    return read_variants(texts, model=MODEL, recipe=RECIPE)


def test_read_variants_of_a_group_keep_the_shared_settings():
    found = variants("fusions", "single-streams")
    assert [each.name for each in found] == [
        "flatten-concat",
        "flatten-sum",
        "flatten-average",
        "gap-concat",
        "gap-sum",
        "gap-average",
        "spatial",
        "flow",
    ]
    assert found[4].model == replace(MODEL, fusion="gap-sum")
    assert found[7].model == replace(MODEL, architecture="flow")
    assert {each.recipe for each in found} == {RECIPE}


def test_read_variants_changes_model_and_training_at_once():
    [found] = variants("fusion=gap-sum,dropout=0.5,learning-rate=1e-3,augment=false")
    assert found.name == "gap-sum_dropout-0.5_learning_rate-1e-3_augment-false"
    assert found.model == replace(MODEL, fusion="gap-sum", dropout=0.5)
    assert found.recipe == replace(RECIPE, learning_rate=1e-3, augment=False)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("fusion=gap-summ", "Unknown fusion 'gap-summ'.*Did you mean 'gap-sum'"),
        ("fuson=gap-sum", "Unknown setting of a variant 'fuson'.*Did you mean 'fusion'"),
        ("fusion", "Unknown group of variants 'fusion'.*Did you mean 'fusions'"),
        ("seed=3", "Unknown setting of a variant 'seed'"),
        ("dropout=much", "dropout must be a value of type float, got 'much'"),
        ("augment=2", "augment must be true or false, got '2'"),
        ("epochs=0", "epochs must be at least 1, got 0"),
    ],
)
def test_read_variants_refuses_a_wrong_variant_in_one_line(text, message):
    with pytest.raises(ConfigError, match=message):
        variants(text)


def test_read_variants_names_a_path_by_its_file_or_run():
    texts = ["stream=mobilenet,weights=/data/faceres.json", "start_from=C:\\runs\\a\\bundle.safetensors"]
    names = [variant.name for variant in read_variants(texts, model=ModelConfig(), recipe=TrainRecipe())]
    assert names == ["mobilenet_faceres", "a"]


def test_read_variants_refuses_a_setting_that_is_named_twice_in_one_variant():
    with pytest.raises(ConfigError, match="sets fusion twice; give --variants once for each variant"):
        variants("fusion=gap-concat,fusion=gap-sum")


def test_read_variants_refuses_a_variant_that_is_named_twice():
    with pytest.raises(ConfigError, match="gap-sum is named twice"):
        variants("fusions", "fusion=gap-sum")


def test_trainings_have_every_variant_once_before_a_second_seed():
    trainings = StudyPlan(seeds=2).trainings(variants("single-streams"), folds=2)
    assert [each.folder for each in trainings] == [
        f"runs/{name}/fold{fold}-seed{seed}"
        for seed in (0, 1)
        for fold in (0, 1)
        for name in ("spatial", "flow")
    ]
    assert [each.recipe for each in trainings[-2:]] == [replace(RECIPE, seed=1)] * 2


@pytest.mark.parametrize("folds", ["1", "-2", "x", ""])
def test_study_plan_refuses_wrong_folds(folds):
    with pytest.raises(ConfigError, match="folds must be 0, 2 or more, or subjects; got"):
        StudyPlan(folds=folds)


def test_study_plan_keeps_settings_of_several_datasets_only_if_they_are_set():
    assert set(StudyPlan().to_dict()) == {"variants", "seeds", "folds"}
    across = StudyPlan(train_on=("a",), test_on=("b", "c")).to_dict()
    assert (across["train_on"], across["test_on"]) == (["a"], ["b", "c"])
    assert StudyPlan.from_dict(StudyPlan(protocol="each-to-each").to_dict()).protocol == "each-to-each"
