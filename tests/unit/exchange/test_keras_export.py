import pytest
import torch

from ferfusion.errors import ConfigError
from ferfusion.exchange.keras import import_keras_model
from ferfusion.exchange.keras_export import export_keras, keras_model
from ferfusion.label_set import SIX
from ferfusion.preparation.recipe import PrepareRecipe
from helpers.bundles import untrained_bundle
from helpers.keras_exports import NETWORKS, images
from helpers.keras_interpreter import answer

pytest.importorskip("h5py")
METRICS = {"part": "validation", "level": "pair", "war": 0.5, "uar": 0.4}


def drawn_bundle(**settings):
    """A bundle whose biases are drawn too, with a narrow head."""
    size = settings.get("size", 48)
    recipe = PrepareRecipe(size=size, flow_size=max(size, 100), margin=0.1)
    bundle = untrained_bundle(prepare_recipe=recipe, metrics=METRICS, **{"head_units": 16, **settings})
    draws = torch.Generator().manual_seed(0)
    for tensor in bundle.weights.values():
        tensor.copy_(tensor * 1.5 if tensor.ndim > 1 else torch.randn(tensor.shape, generator=draws) / 10)
    return bundle


def pixels(bundle):
    """Face and flow images, (3, S, S, 3): clear ones, and a faint one."""
    return [torch.from_numpy(each[1:4]) for each in images(bundle.model_config.size)]


def probabilities(bundle):
    with torch.inference_mode():
        return bundle.build_model()(*(each.permute(0, 3, 1, 2) for each in pixels(bundle))).softmax(1)


@pytest.mark.parametrize("name", NETWORKS)
def test_export_keras_is_the_same_function_and_is_imported_again(name, tmp_path):
    settings = NETWORKS[name]
    if name != "flatten-concat":  # one of the report's own width is enough: others are quicker
        base = "spatial-map" if name == "spatial-map" else "listing"
        settings = {**settings, "stream": f"{base}-8-12"}
    bundle = drawn_bundle(**settings)
    ours = probabilities(bundle)
    assert float(ours.std(0).max()) > 0.002
    by_keras = answer(keras_model(bundle), *pixels(bundle)).float()
    torch.testing.assert_close(by_keras, ours, rtol=0, atol=2e-6)
    for suffix in (".h5", ".keras"):
        export_keras(bundle, tmp_path / f"model{suffix}")
        imported = import_keras_model(tmp_path / f"model{suffix}")
        again, config = imported.bundle, bundle.model_config
        torch.testing.assert_close(probabilities(again), ours, rtol=0, atol=1e-6)
        assert (again.labels, again.prepare_recipe, again.metrics, again.rights) == (
            SIX,
            bundle.prepare_recipe,
            METRICS,
            "none",
        )
        for field in ("architecture", "stream", "head_units", "dropout", "input_scaling", "flow_encoding"):
            assert getattr(again.model_config, field) == getattr(config, field)
        assert imported.is_exported
        assert "imported again" in again.training["note"]


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"architecture": "lstm"}, "the architecture lstm"),
        ({"architecture": "flow"}, "the architecture flow"),
        ({"architecture": "late-fusion"}, "the architecture late-fusion"),
        ({"stream": "residual"}, "the stream residual"),
        ({"fusion": "gap-gated"}, "the fusion gap-gated"),
        ({"output": "cascade"}, "the output cascade"),
    ],
)
def test_export_keras_refuses_what_a_keras_file_cannot_have(settings, reason, tmp_path):
    message = f"cannot have {reason}; it can have the report's networks: .*\\.onnx file$"
    with pytest.raises(ConfigError, match=message) as error:
        export_keras(untrained_bundle(head_units=4, **settings), tmp_path / "model.h5")
    assert "\n" not in str(error.value)
    assert not list(tmp_path.iterdir())


def test_export_keras_of_one_stream_has_one_input_whatever_its_operator():
    model = keras_model(drawn_bundle(architecture="spatial", fusion="gap-gated", stream="listing-2-3"))
    assert (model.inputs, model.outputs) == (("spatial",), ("probabilities",))


def test_labels_that_are_given_replace_those_of_an_export(tmp_path):
    bundle = drawn_bundle(stream="listing-2-3")
    export_keras(bundle, tmp_path / "model.h5")
    again = import_keras_model(tmp_path / "model.h5", labels=SIX.names[::-1]).bundle
    assert (again.labels, again.metrics) == (SIX, {})
    torch.testing.assert_close(probabilities(again), probabilities(bundle).flip(1), rtol=0, atol=1e-6)
    with pytest.raises(ConfigError, match=r"standardises images in .0, 1.; leave largest_pixel unset"):
        import_keras_model(tmp_path / "model.h5", largest_pixel=255)
