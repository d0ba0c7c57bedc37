import numpy as np
import pandas as pd
import pytest
import torch
from safetensors.torch import load_file

from ferfusion.compute import Compute
from ferfusion.models.build import build_model
from ferfusion.splits.kept_split import keep_split
from ferfusion.splits.split import split_header
from ferfusion.training.build import open_parts
from ferfusion.training.end_to_end import predict_pairs, train_end_to_end
from ferfusion.training.job import TrainJob
from ferfusion.training.open_job import OpenJob
from ferfusion.training.predictions import class_probabilities
from ferfusion.training.run_config import claim_run, run_config
from helpers.trainings import MODEL, SHORT, KillAt, KilledError


def refuse(run, **_):
    raise AssertionError(f"{run}: an end-to-end training has no stages")


def open_run(dataset, run, *, callbacks=(), reported=None):
    job = TrainJob(dataset, run, MODEL, SHORT, Compute("cpu"))
    source, pairs = open_parts(job)
    lines = [] if reported is None else reported
    opened = OpenJob(job, source, pairs, refuse, callbacks, lambda progress: lines.append(progress.message))
    if not claim_run(opened.run, run_config(source, pairs, MODEL, SHORT), source):
        keep_split(opened.run.splits_file, source, pairs.part_of_clip, header=split_header(source))
    return opened


def test_train_end_to_end_returns_the_weights_of_the_best_epoch(dataset, tmp_path):
    model = train_end_to_end(open_run(dataset, tmp_path / "run"))
    best = load_file(tmp_path / "run" / "checkpoints" / "best.safetensors")
    assert set(best) == set(model.state_dict())
    assert all(torch.equal(tensor, best[name]) for name, tensor in model.state_dict().items())
    start = build_model(MODEL, 6, seed=SHORT.seed).state_dict()
    assert not any(torch.equal(tensor, start[name]) for name, tensor in best.items())


def test_train_end_to_end_reports_that_it_resumes_and_trains_the_remaining_epochs(dataset, tmp_path):
    with pytest.raises(KilledError):
        train_end_to_end(open_run(dataset, tmp_path / "run", callbacks=[KillAt(1)]))
    lines: list[str] = []
    train_end_to_end(open_run(dataset, tmp_path / "run", reported=lines))
    assert f"Resuming the run in {tmp_path / 'run'}" in lines
    assert [line[:9] for line in lines if line.startswith("epoch ")] == ["epoch 2/2"]
    assert pd.read_csv(tmp_path / "run" / "metrics.csv")["epoch"].tolist() == [1, 2]


def test_predict_pairs_are_the_class_probabilities_of_every_pair_of_a_part(dataset, tmp_path):
    opened = open_run(dataset, tmp_path / "run")
    model = build_model(MODEL, 6)
    rows, probabilities = predict_pairs(model, opened.data.batches("test"), opened.pairs, part="test")
    assert rows.tolist() == opened.pairs.rows("test").tolist()
    assert np.array_equal(probabilities, class_probabilities(model, opened.data.batches("test"))[1])
    np.testing.assert_allclose(probabilities.sum(1), 1, rtol=1e-5)
