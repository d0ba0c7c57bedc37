import torch

from ferfusion.models.scaling import INPUT_SCALINGS, standardise


def image(batch, size=48, seed=0):
    return torch.rand(batch, 3, size, size, generator=torch.Generator().manual_seed(seed))


def test_standardise_gives_mean_0_and_deviation_1_for_any_light_and_colour():
    standard = standardise(image(2))
    torch.testing.assert_close(standard.mean(dim=(2, 3)), torch.zeros(2, 3), atol=1e-5, rtol=0)
    torch.testing.assert_close(standard.square().mean(dim=(1, 2, 3)), torch.ones(2))
    tinted = 0.3 * image(2) + torch.tensor([0.1, 0.4, 0.7]).view(3, 1, 1)
    torch.testing.assert_close(standardise(tinted), standard, atol=1e-4, rtol=0)


def test_standardise_does_not_amplify_a_faint_image_and_maps_a_blank_one_to_0():
    assert float(standardise(0.5 + 0.001 * image(1)).abs().max()) < 0.1
    assert not standardise(torch.full((1, 3, 48, 48), 0.5)).any()


def test_unit_scaling_returns_the_image_unchanged():
    one = image(1)
    assert INPUT_SCALINGS["unit"](one) is one


def test_standardise_by_hand():
    """Values 0 and 1 have mean 0.5 and deviation 0.5 in one channel; the other two are constant."""
    one = torch.zeros(1, 3, 2, 2)
    one[0, 0] = torch.tensor([[0.0, 1.0], [1.0, 0.0]])
    one[0, 2] = 0.75
    # the mean square over all three channels is 0.25 / 3
    expected = torch.tensor([[-1.0, 1.0], [1.0, -1.0]]) * 0.5 / (0.25 / 3) ** 0.5
    standard = standardise(one)
    torch.testing.assert_close(standard[0, 0], expected)
    assert not standard[0, 1:].any()
