"""A spatial stream over every crop of a window, and a recurrent decoder over its maps (section 8, 6)."""

from types import MappingProxyType

import torch
from torch import Tensor, nn

from ferfusion.models.bases import ExpressionModel, InputName, required
from ferfusion.models.config import ModelConfig
from ferfusion.models.fusion import FusionLayer, make_layer
from ferfusion.models.heads import DenseHead
from ferfusion.models.streams import find_stream

LSTM_UNITS = 256


class WindowMaps(nn.Module):
    """Arranges the maps of all crops by window and time."""

    def __init__(self, frames: int) -> None:
        super().__init__()
        self.frames = frames

    def forward(self, maps: Tensor) -> Tensor:
        """Return the maps (B * K, C, h, w) of B windows of K crops as (B, C, K, h, w)."""
        return maps.reshape(-1, self.frames, *maps.shape[1:]).transpose(1, 2)


class LstmDecoder(nn.Module):
    """An LSTM over the vectors of the maps (Hochreiter and Schmidhuber 1997); its last output."""

    def __init__(self, layer: FusionLayer) -> None:
        super().__init__()
        self.layer = layer
        self.lstm = nn.LSTM(layer.out_features, LSTM_UNITS, batch_first=True)
        self.out_features = LSTM_UNITS

    def forward(self, maps: Tensor) -> Tensor:
        """Return the vectors (B, out_features) of windows, from their maps (B, C, K, h, w)."""
        vectors = torch.stack(
            [self.layer(feature_map) for feature_map in maps.unbind(2)], dim=1
        )  # -> (B, 8, 128)
        outputs: Tensor = self.lstm(vectors)[0]  # -> (B, 8, 256)
        return outputs[:, -1]  # -> (B, 256)


class ConvLstmCell(nn.Module):
    """One step of a ConvLSTM: an LSTM whose products are convolutions of 3x3.

    Shi et al. 2015, Convolutional LSTM Network, equation 3, without its peepholes (which add the cell to
    the gates), as in Keras. Gates are in the order of PyTorch's LSTM: input, forget, candidate, output.
    """

    def __init__(self, in_channels: int, channels: int) -> None:
        super().__init__()
        self.gates = nn.Conv2d(in_channels + channels, 4 * channels, 3, padding=1)

    def forward(self, feature_map: Tensor, hidden: Tensor, cell: Tensor) -> tuple[Tensor, Tensor]:
        """Return hidden state and cell, (B, channels, h, w) each, after a map (B, in_channels, h, w)."""
        gates = self.gates(torch.cat([feature_map, hidden], dim=1))
        input_gate, forget_gate, candidate, output_gate = gates.chunk(4, dim=1)
        cell = forget_gate.sigmoid() * cell + input_gate.sigmoid() * candidate.tanh()
        return output_gate.sigmoid() * cell.tanh(), cell


class ConvLstmDecoder(nn.Module):
    """A ConvLSTM over the maps themselves, with as many channels; its last output as a vector."""

    def __init__(self, layer: FusionLayer) -> None:
        super().__init__()
        self.cell = ConvLstmCell(layer.channels, layer.channels)
        self.layer = layer
        self.out_features = layer.out_features

    def forward(self, maps: Tensor) -> Tensor:
        """Return the vectors (B, out_features) of windows, from their maps (B, C, K, h, w)."""
        hidden = cell = torch.zeros_like(maps[:, :, 0])
        for feature_map in maps.unbind(2):
            hidden, cell = self.cell(feature_map, hidden, cell)  # -> (B, 128, 3, 3)
        vectors: Tensor = self.layer(hidden)  # -> (B, 128)
        return vectors


DECODERS: MappingProxyType[str, type[LstmDecoder] | type[ConvLstmDecoder]] = MappingProxyType(
    {"lstm": LstmDecoder, "convlstm": ConvLstmDecoder}
)


class RecurrentModel(ExpressionModel):
    """One spatial stream for every crop of a window, a recurrent decoder, and the head."""

    def __init__(self, config: ModelConfig, num_classes: int) -> None:
        super().__init__()
        self.spatial_stream = find_stream(config.stream).make(scaling=config.input_scaling, in_channels=3)
        self.window_maps = WindowMaps(config.frames)
        self.decoder = DECODERS[config.architecture](
            make_layer(config.fusion, self.spatial_stream, map_side=config.map_side)
        )
        self.head = DenseHead(
            self.decoder.out_features,
            num_classes,
            dropout=config.dropout,
            units=config.head_units,
            output=config.output,
        )

    @property
    def cam_layers(self) -> dict[str, nn.Module]:
        """The maps of all crops, (B, C, K, h, w)."""
        return {"spatial": self.window_maps}

    @property
    def inputs_of_streams(self) -> dict[str, InputName]:
        """The one stream reads every crop of the windows."""
        return {"spatial": "frames"}

    def embed(self, spatial: Tensor, flow: Tensor, frames: Tensor | None = None) -> Tensor:
        """Return the decoder's last output (B, F) for windows (B, K, 3, S, S)."""
        crops = required(frames).flatten(0, 1)  # (B, 8, 3, 48, 48) -> (B * 8, 3, 48, 48)
        maps = self.window_maps(self.spatial_stream(crops))  # -> (B * 8, 128, 3, 3) -> (B, 128, 8, 3, 3)
        decoded: Tensor = self.decoder(maps)  # -> (B, 256)
        return decoded
