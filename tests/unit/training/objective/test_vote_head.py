import torch
from torch.nn import functional as F

from ferfusion.models.heads import DenseHead
from ferfusion.training.objective.vote_head import VoteOutput


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
