import math

import pytest
import torch
from torch import nn

from ferfusion.models.build import build_model
from ferfusion.models.config import ModelConfig
from ferfusion.models.fusion import FUSION_LAYERS
from ferfusion.models.recurrent import ConvLstmCell, ConvLstmDecoder, WindowMaps
from helpers.inputs import drawn_inputs


def sigmoid(x):
    return 1 / (1 + math.exp(-x))


@torch.no_grad()
def test_convlstm_cell_of_two_steps_by_hand():
    cell = ConvLstmCell(1, 1)
    nn.init.zeros_(cell.gates.weight)
    # the middle of each kernel: input, forget, candidate, output gate; of the map and of the hidden state
    cell.gates.weight.data[:, :, 1, 1] = torch.tensor([[1.0, 0.5], [0.0, 1.0], [2.0, -1.0], [-1.0, 0.0]])
    cell.gates.bias.data = torch.tensor([0.0, 1.0, 0.5, 0.25])
    hidden, memory = torch.zeros(1, 1, 1, 1), torch.zeros(1, 1, 1, 1)
    h = c = 0.0
    for x in (0.3, -0.7):
        hidden, memory = cell(torch.full((1, 1, 1, 1), x), hidden, memory)
        c = sigmoid(1 + h) * c + sigmoid(x + 0.5 * h) * math.tanh(2 * x - h + 0.5)
        h = sigmoid(0.25 - x) * math.tanh(c)
        assert float(memory) == pytest.approx(c)
        assert float(hidden) == pytest.approx(h)


def test_convlstm_on_maps_of_one_position_is_an_lstm():
    """Only the middle of a 3x3 kernel meets anything there."""
    decoder = ConvLstmDecoder(FUSION_LAYERS["gap"](6, 1, last_pool=False))
    lstm = nn.LSTM(6, 6, batch_first=True)
    middle = decoder.cell.gates.weight.detach()[:, :, 1, 1]
    lstm.weight_ih_l0.data, lstm.weight_hh_l0.data = middle[:, :6].clone(), middle[:, 6:].clone()
    lstm.bias_ih_l0.data = decoder.cell.gates.bias.detach().clone()
    nn.init.zeros_(lstm.bias_hh_l0)
    vectors = torch.rand(2, 5, 6, generator=torch.Generator().manual_seed(0))
    maps = vectors.transpose(1, 2)[..., None, None]  # (B, C, K, 1, 1)
    torch.testing.assert_close(decoder(maps), lstm(vectors)[0][:, -1])


def test_convlstm_output_is_translated_with_its_maps():
    """It is made of convolutions: away from the border, a map moved aside gives an output moved aside."""
    cell = ConvLstmCell(2, 3)
    maps = torch.zeros(1, 2, 9, 9)
    maps[:, :, 3:5, 3:5] = torch.rand(1, 2, 2, 2)
    zero = torch.zeros(1, 3, 9, 9)
    here, there = cell(maps, zero, zero)[0], cell(maps.roll(2, 3), zero, zero)[0]
    torch.testing.assert_close(there[..., 1:8, 3:8], here.roll(2, 3)[..., 1:8, 3:8])


@pytest.mark.parametrize("architecture", ["lstm", "convlstm"])
def test_decoder_without_weights_has_a_zero_output(architecture):
    config = ModelConfig(architecture=architecture)
    model = build_model(config, 6).eval()
    for parameter in model.decoder.parameters():
        nn.init.zeros_(parameter)
    nothing = torch.zeros(2, model.decoder.out_features)
    for seed in range(2):
        assert torch.equal(model(*drawn_inputs(config, seed=seed)), model.head(nothing))


@pytest.mark.parametrize("architecture", ["lstm", "convlstm"])
def test_decoder_with_closed_forget_gates_reads_the_last_crop_alone(architecture):
    config = ModelConfig(architecture=architecture)
    model = build_model(config, 6).eval()
    if architecture == "lstm":
        nn.init.zeros_(model.decoder.lstm.weight_hh_l0)
        bias = model.decoder.lstm.bias_ih_l0.data
    else:
        nn.init.zeros_(model.decoder.cell.gates.weight[:, 128:])
        bias = model.decoder.cell.gates.bias.data
    quarter = len(bias) // 4
    bias[quarter : 2 * quarter] = -100
    spatial, flow, frames = drawn_inputs(config)
    other_past = torch.cat([torch.rand(2, 7, 3, 48, 48), frames[:, -1:]], dim=1)
    torch.testing.assert_close(model(spatial, flow, frames), model(spatial, flow, other_past))


def test_window_maps_are_arranged_by_window_and_time():
    maps = torch.arange(2 * 3 * 4).view(6, 4, 1, 1)  # two windows of three crops, four channels
    laid_out = WindowMaps(3)(maps)
    assert laid_out.shape == (2, 4, 3, 1, 1)
    assert torch.equal(laid_out[1, :, 2], maps[5])


def test_recurrent_spatial_stream_has_the_names_of_the_single_stream():
    """So that it can start from a run of the single stream."""
    spatial, lstm = (build_model(ModelConfig(architecture=name), 6) for name in ("spatial", "lstm"))
    assert spatial.spatial_stream.state_dict().keys() == lstm.spatial_stream.state_dict().keys()
