import pytest
import torch

from ferfusion.models.dbn import DBNS, DeepBeliefNetwork
from ferfusion.models.rbm import Rbm


def drawn(*shape, seed=0):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def test_dbn_is_its_standardised_input_through_the_stacked_sigmoid_layers():
    network, inputs = DeepBeliefNetwork(5, (4, 3)), drawn(6, 5)
    network.mean.fill_(0.5)
    network.deviation.fill_(2.0)
    first, second = (layer.state_dict() for layer in network.layers)
    below = torch.sigmoid((inputs - 0.5) / 2 @ first["weight"].T + first["bias"])
    top = torch.sigmoid(below @ second["weight"].T + second["bias"])
    torch.testing.assert_close(network(inputs), top)


def test_dbn_with_a_copied_rbm_has_its_hidden_probabilities():
    rbm = Rbm(drawn(4, 5), drawn(4, seed=1), drawn(5, seed=2), real=True)
    network, inputs = DeepBeliefNetwork(5, (4,)), drawn(6, 5, seed=3)
    network.take_rbm(0, rbm)
    torch.testing.assert_close(network(inputs), rbm.hidden_probabilities(inputs))
    rbm.weight.zero_()  # a copy: further training of the RBM does not change the network
    assert network.layers[0].weight.any()


@pytest.mark.parametrize("name", DBNS)
def test_dbn_sizes_are_those_of_the_table(name):
    with torch.device("meta"):
        network = DeepBeliefNetwork(2048, DBNS[name])
    assert [layer.out_features for layer in network.layers] == list(DBNS[name])
    assert [layer.in_features for layer in network.layers] == [2048, *DBNS[name][:-1]]
    assert (network.in_features, network.out_features) == (2048, DBNS[name][-1])


def test_dbn_saves_its_standardisation_with_the_weights():
    assert {"mean", "deviation"} < set(DeepBeliefNetwork(5, (4,)).state_dict())
