"""The report's reference system [1]: streams trained alone, a deep belief network, a linear SVM (Figure 1).

Zhang et al. 2019, Learning Affective Video Features for Facial Expression Recognition via Hybrid Deep
Learning. There both streams are VGG16, and the network joins their fc7 layers. Here a stream can be any CNN,
and the network joins the second hidden layers of the heads that the streams were trained with.
"""

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ferfusion.models.config import ModelConfig
from ferfusion.models.dbn import DBNS, DeepBeliefNetwork
from ferfusion.models.heads import DenseHead
from ferfusion.models.two_stream import StreamsModel

_LAST_LAYER = "head.dense3."


class HiddenLayers(nn.Module):
    """The two hidden layers of a trained head (VGG's fc6 and fc7), without its last layer."""

    def __init__(self, in_features: int, *, units: int) -> None:
        super().__init__()
        self.dense1 = nn.Linear(in_features, units)
        self.dense2 = nn.Linear(units, units)

    def forward(self, vector: Tensor) -> Tensor:
        """Return the activation (B, units) of the second layer."""
        return F.relu(self.dense2(F.relu(self.dense1(vector))))


class Hybrid(StreamsModel):
    """A spatial and a flow stream, a deep belief network that joins them, and a linear SVM.

    It is trained in steps: the streams on pairs, the deep belief network on the mean of each segment's
    pairs, the SVM on the mean of each video's segments. Called as a model, it treats each pair as a segment
    and as a video. Its logits are the decision values of the SVM: their softmax ranks the classes, but is
    not a calibrated probability.
    """

    def __init__(self, config: ModelConfig, num_classes: int) -> None:
        super().__init__(config)
        for name in self.names:
            hidden = HiddenLayers(self.layer.out_features, units=config.head_units)
            self.add_module(f"{name}_hidden", hidden)
        self.dbn = DeepBeliefNetwork(len(self.names) * config.head_units, DBNS[config.dbn])
        self.svm = nn.Linear(self.dbn.out_features, num_classes)

    @property
    def heads(self) -> tuple[DenseHead, ...]:
        """Empty: each stream is trained before, in a model that has a head."""
        return ()

    def take_stream(self, name: str, weights: Mapping[str, Tensor]) -> None:
        """Copy the stream ``name`` and its hidden layers from the weights of the model of that stream alone.

        Raises:
            ValueError: the weights are not those of such a model.
        """
        taken = {
            key.replace("head.", f"{name}_hidden.", 1): tensor
            for key, tensor in weights.items()
            if not key.startswith(_LAST_LAYER)
        }
        unknown = self.load_state_dict(taken, strict=False).unexpected_keys
        if unknown:
            raise ValueError(f"These are not the weights of the stream {name!r} alone: {unknown[0]}")

    def embed(self, spatial: Tensor, flow: Tensor, frames: Tensor | None = None) -> Tensor:
        """Return the hidden layers of both streams side by side (B, 2 * head_units)."""
        maps = self.maps(spatial, flow, frames)  # each (B, 3, 48, 48) -> (B, 128, 3, 3)
        hidden = [getattr(self, f"{name}_hidden") for name in self.names]
        activations = [
            layers(self.layer(feature_map)) for layers, feature_map in zip(hidden, maps, strict=True)
        ]  # each -> (B, 128) -> (B, 1024)
        return torch.cat(activations, dim=1)  # -> (B, 2048)

    def classify_video(self, embedding: Tensor, segment_of_pair: Tensor) -> Tensor:
        """Return the SVM's decision values (C,) of one video.

        Args:
            embedding: The embedding of each of its pairs (B, E).
            segment_of_pair: The segment of each of them, numbered from 0 (B,).
        """
        counts = torch.bincount(segment_of_pair)
        sums = embedding.new_zeros(len(counts), embedding.shape[1])
        segments = sums.index_add_(0, segment_of_pair, embedding) / counts.unsqueeze(1)  # (B, E) -> (S, E)
        decision_values: Tensor = self.svm(self.dbn(segments).mean(dim=0))  # (S, E) -> (C,)
        return decision_values

    def classify(self, embedding: Tensor) -> Tensor:
        """Return the SVM's decision values (B, C) of single pairs."""
        features = self.dbn(embedding)  # (B, 2048) -> (B, 64)
        decision_values: Tensor = self.svm(features)  # -> (B, 6)
        return decision_values
