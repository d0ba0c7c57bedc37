import pickle
from dataclasses import replace
from pathlib import Path

import pytest

from ferfusion.compute import Compute
from ferfusion.errors import ConfigError
from ferfusion.training.imbalance import TREATMENTS
from ferfusion.training.job import TrainJob, treated_config
from ferfusion.training.recipe import TrainRecipe
from helpers.trainings import MODEL, SHORT


def job_of(batch_size=16, devices=1):
    recipe = replace(SHORT, batch_size=batch_size)
    return TrainJob(Path("data"), Path("run"), MODEL, recipe, Compute("cpu", devices))


def test_train_job_refuses_more_devices_than_rows_of_a_batch():
    with pytest.raises(ConfigError, match="3 devices cannot share a batch of 2; raise batch_size"):
        job_of(batch_size=2, devices=3)
    assert job_of(batch_size=3, devices=3).compute.devices == 3


def test_train_job_can_be_sent_to_another_process():
    assert pickle.loads(pickle.dumps(job_of())) == job_of()


@pytest.mark.parametrize("imbalance", TREATMENTS)
def test_treated_config_has_the_output_of_the_treatment_and_nothing_else_changed(imbalance):
    recipe = TrainRecipe(imbalance=imbalance)
    treated = treated_config(MODEL, recipe)
    assert treated == replace(MODEL, output=recipe.treatment.output)
    assert treated_config(treated, recipe) == treated


def test_treated_config_refuses_the_output_of_another_treatment_in_one_line():
    cascade = replace(MODEL, output="cascade")
    with pytest.raises(ConfigError, match="'cascade' does not go with imbalance 'focal'; unset") as error:
        treated_config(cascade, TrainRecipe(imbalance="focal"))
    assert "\n" not in str(error.value)
