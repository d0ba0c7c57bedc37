import pytest
import torch
from torch.nn import functional as F

from ferfusion.models.heads import DenseHead
from ferfusion.models.outputs import OUTPUTS


def vectors(count=4):
    return torch.randn(count, 5, generator=torch.Generator().manual_seed(0))


def test_head_is_three_dense_layers_with_relu_between():
    head, x = DenseHead(5, 3, dropout=0.5, units=7).eval(), vectors()
    for layer in (head.dense1, head.dense2):
        x = F.relu(x @ layer.weight.T + layer.bias)
    torch.testing.assert_close(head(vectors()), x @ head.dense3.weight.T + head.dense3.bias)


def test_head_has_the_parameters_of_its_layers():
    head = DenseHead(256, 6, dropout=0.1, units=1024)
    assert sum(p.numel() for p in head.parameters()) == 257 * 1024 + 1025 * 1024 + 1025 * 6


def test_head_drops_hidden_units_of_both_layers_in_training_alone():
    head = DenseHead(5, 3, dropout=0.5, units=400)
    is_same = []

    def compare(_module, inputs, output):
        is_same.append(bool(((output != 0) == (inputs[0] != 0)).all()))

    for layer in (head.dropout1, head.dropout2):
        layer.register_forward_hook(compare)
    head.train()(vectors())
    head.eval()(vectors())
    assert is_same == [False, False, True, True]


@pytest.mark.parametrize("output", OUTPUTS)
def test_head_ends_in_the_output_of_its_name(output):
    head = DenseHead(5, 3, dropout=0.0, units=7, output=output)
    assert type(head.dense3) is OUTPUTS[output]
    torch.testing.assert_close(head(vectors()).softmax(1).sum(1), torch.ones(4))
