import numpy as np
import pytest
import torch

from ferfusion.data.batches import Batch
from ferfusion.data.row_order import Shuffled
from ferfusion.models.build import build_model
from ferfusion.models.config import ModelConfig
from ferfusion.training.staged.embeddings import (
    Embedded,
    EmbeddingBatches,
    EmbeddingData,
    HeadOfNetwork,
    embed,
)
from helpers.inputs import drawn_inputs

SIZES = (20, 3, 8)


@pytest.fixture
def own():
    codes = torch.tensor([code for code, size in enumerate(SIZES) for _ in range(size)])
    embeddings = torch.randn(len(codes), 4, generator=torch.Generator().manual_seed(0)) + 3 * codes[:, None]
    return Embedded(embeddings, codes)


@pytest.mark.parametrize("architecture", ["two-stream", "late-fusion", "convlstm"])
def test_head_of_network_on_embeddings_has_the_logits_of_the_network_on_faces(architecture):
    config = ModelConfig(architecture=architecture, frames=3, head_units=16)
    network = build_model(config, 6).eval()
    spatial, flow, frames = drawn_inputs(config, 5)
    rows = torch.tensor([7, 2, 9, 4, 0])
    batch = Batch(spatial, flow, torch.zeros(5, dtype=torch.int64), rows, frames=frames)
    codes = np.arange(10) % 6
    part = embed(network, [batch], codes)
    assert part.codes.tolist() == codes[rows.numpy()].tolist()
    with torch.inference_mode():
        expected = network(*batch.images)
        assert torch.equal(HeadOfNetwork(network)(part.embeddings), expected)


def test_embedding_batches_have_every_embedding_once(own):
    batches = list(EmbeddingBatches(own, Shuffled(np.arange(len(own))), batch_size=8))
    assert [len(batch.rows) for batch in batches] == [8, 8, 8, 7]
    rows = torch.cat([batch.rows for batch in batches])
    assert sorted(rows.tolist()) == list(range(len(own)))
    assert torch.equal(torch.cat([batch.embeddings for batch in batches]), own.embeddings[rows])
    assert torch.equal(torch.cat([batch.codes for batch in batches]), own.codes[rows])


def test_embedding_data_shuffles_the_training_part_by_seed_alone(own):
    def rows(batches):
        return torch.cat([batch.rows for batch in batches]).tolist()

    first, same, other = (EmbeddingData(own, own, batch_size=8, seed=seed) for seed in (1, 1, 2))
    assert rows(first.train_dataloader()) == rows(same.train_dataloader())
    assert rows(first.train_dataloader()) != rows(other.train_dataloader())
    assert sorted(rows(first.train_dataloader())) == list(range(len(own)))
    assert rows(first.val_dataloader()) == list(range(len(own)))
    assert len(first.val_dataloader()) == 4


def test_head_of_network_has_the_heads_of_the_network():
    network = build_model(ModelConfig(architecture="late-fusion", head_units=16), 6)
    assert HeadOfNetwork(network).heads == network.heads
