from dataclasses import replace

import torch
from safetensors.torch import load_file
from torch.nn import functional as F

from ferfusion.bundle import load_bundle
from ferfusion.models.build import build_model
from ferfusion.models.heads import DenseHead
from ferfusion.training.objective.vote_head import VoteOutput
from helpers.trainings import STILLS_MODEL, STILLS_RECIPE, different_weights, train


def test_vote_output_learns_from_the_heads_last_hidden_units():
    head = DenseHead(6, 3, dropout=0.0, units=4)
    output = VoteOutput(head, 3, seed=0)
    fused = torch.randn(5, 6)
    targets = torch.rand(5, 3).softmax(1)
    head(fused)
    hidden = F.relu(head.dense2(F.relu(head.dense1(fused))))
    logits = hidden @ output.dense.weight.T
    expected = -(targets * logits.log_softmax(1)).sum(1).mean()
    torch.testing.assert_close(output.loss(targets), expected)
    output.loss(targets).backward()
    assert head.dense1.weight.grad.any()
    assert head.dense3.weight.grad is None


def test_vote_output_follows_from_the_seed_and_leaves_the_random_state():
    head = DenseHead(6, 3, dropout=0.0, units=4)
    state = torch.random.get_rng_state()
    weights = [VoteOutput(head, 3, seed=seed).dense.weight for seed in (1, 1, 2)]
    assert torch.equal(torch.random.get_rng_state(), state)
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])


def test_vote_output_adds_nothing_to_the_head():
    head = DenseHead(6, 3, dropout=0.0, units=4)
    names = set(head.state_dict())
    VoteOutput(head, 3, seed=0)
    assert set(head.state_dict()) == names


def test_vote_output_changes_the_streams_and_is_not_in_the_bundle(voted, tmp_path):
    for name, weight in (("plain", 0.0), ("votes", 0.5)):
        train(
            voted,
            tmp_path / name,
            model=STILLS_MODEL,
            recipe=replace(STILLS_RECIPE, epochs=1, vote_weight=weight),
        )
    bundles = [tmp_path / name / "bundle.safetensors" for name in ("plain", "votes")]
    assert set(load_file(bundles[1])) == set(build_model(STILLS_MODEL, 7).state_dict())
    assert "spatial_stream.blocks.0.conv1.weight" in different_weights(*bundles)
    assert load_bundle(bundles[1]).build_model().head.dense3.out_features == 7
