from dataclasses import replace
from typing import Any

import pytest
import torch

from ferfusion.bundle import load_bundle, save_bundle
from ferfusion.data.inputs import model_inputs
from ferfusion.errors import BundleError, ConfigError
from ferfusion.exchange.keras import BAUM1S_AS_TEXT, NOTEBOOK_RECIPE, NOTEBOOKS, import_keras_model
from ferfusion.inference.predictor import TorchPredictor
from ferfusion.label_set import SEVEN, SIX
from ferfusion.models.small_cnn import SMALL_SHAPES
from ferfusion.preparation.recipe import PrepareRecipe
from helpers.keras_files import NAMES, keras_probabilities, model_inputs_of, unpack

# what the script that wrote them says of each file
SAID: dict[str, dict[str, Any]] = {
    "keras2_flatten_concat.h5": {"largest_pixel": 1},
    "keras2_spatial.h5": {"largest_pixel": 255},
    "keras2_gap_average.keras": {"largest_pixel": 1},
    "keras2_only.weights.h5": {"largest_pixel": 1},
    "keras2_only_weights.h5": {"largest_pixel": 1},
    "keras3_gap_sum.h5": {"largest_pixel": 1},
    "keras3_named.keras": {"largest_pixel": 1},
    "keras3_sequential_map.keras": {"largest_pixel": 1},
    "keras3_only.weights.h5": {"largest_pixel": 1, "spatial_input": "face_input"},
}
NETWORKS = {
    "keras2_flatten_concat.h5": ("two-stream", "flatten-concat", "listing", 0.1),
    "keras2_spatial.h5": ("spatial", "flatten-concat", "listing", 0.6),
    "keras2_gap_average.keras": ("two-stream", "gap-average", "listing", 0.1),
    "keras2_only.weights.h5": ("two-stream", "flatten-sum", "listing", 0.1),
    "keras2_only_weights.h5": ("two-stream", "gap-average", "listing", 0.1),
    "keras3_gap_sum.h5": ("two-stream", "gap-sum", "listing", 0.1),
    "keras3_named.keras": ("two-stream", "flatten-concat", "listing", 0.4),
    "keras3_sequential_map.keras": ("spatial", "flatten-concat", "spatial-map", 0.0),
    "keras3_only.weights.h5": ("two-stream", "gap-concat", "listing", 0.1),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("keras")


def imported(name, folder, **said):
    """A file's bundle, its outputs read as our six classes in order unless said otherwise."""
    return import_keras_model(unpack(name, folder), **{"labels": SIX.names, **SAID[name], **said})


def probabilities(bundle, images):
    with torch.inference_mode():
        return bundle.build_model()(*images).softmax(1)


def test_files_are_all_tested():
    assert set(SAID) == set(NETWORKS) == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_import_keras_model_predicts_as_keras(name, folder):
    bundle = imported(name, folder).bundle
    torch.testing.assert_close(
        probabilities(bundle, model_inputs_of(name)), keras_probabilities(name), rtol=0, atol=1e-6
    )
    config = bundle.model_config
    assert (config.architecture, config.fusion, config.stream, config.dropout) == NETWORKS[name]
    assert (config.size, config.input_scaling, config.flow_encoding) == (48, "unit", "hsv")


@pytest.mark.parametrize("name", NAMES)
def test_files_tell_a_wrong_import_from_a_right_one(name, folder):
    """Keras' probabilities depend on each stream, on each image and on each class."""
    faces, flow = model_inputs_of(name)
    known, bundle = keras_probabilities(name), imported(name, folder).bundle
    assert float((probabilities(bundle, (flow, faces)) - known).abs().max()) > 0.01
    assert float((known - known[:1]).abs().max()) > 0.005
    assert float((known.sort().values.diff()).min()) > 1e-4


def test_import_keras_model_with_inputs_in_another_order_than_fused(folder):
    """Its inputs are face and motion in this order, and it fuses motion and face."""
    assert imported("keras3_named.keras", folder).inputs == ("face_input", "motion_input")
    turned = imported("keras3_named.keras", folder, spatial_input="motion_input")
    assert turned.inputs == ("motion_input", "face_input")
    faces, flow = model_inputs_of("keras3_named.keras")
    torch.testing.assert_close(
        probabilities(turned.bundle, (flow, faces)),
        keras_probabilities("keras3_named.keras"),
        rtol=0,
        atol=1e-6,
    )


def test_spatial_input_that_does_not_exist_is_refused(folder):
    with pytest.raises(ConfigError, match="Did you mean 'face_input'"):
        imported("keras3_named.keras", folder, spatial_input="face_imput")


def test_spatial_input_is_needed_where_names_contradict_the_order(folder):
    with pytest.raises(ConfigError, match=r"'motion_input' and 'face_input'.*--spatial-input"):
        imported("keras3_only.weights.h5", folder, spatial_input="")


def test_import_keras_model_puts_outputs_into_our_order(folder):
    name = "keras2_flatten_concat.h5"
    given = imported(name, folder, labels=BAUM1S_AS_TEXT.names)
    assert given.bundle.labels == SIX
    assert given.interpretation.labels == BAUM1S_AS_TEXT
    ours = probabilities(given.bundle, model_inputs_of(name))
    for place, label in enumerate(BAUM1S_AS_TEXT.names):
        torch.testing.assert_close(
            ours[:, SIX.code(label)], keras_probabilities(name)[:, place], rtol=0, atol=1e-6
        )


def test_labels_that_are_not_ours_keep_their_order(folder):
    names = ("sad", "bored", "happy", "Anger", "fear", "Disgusted")
    bundle = imported("keras3_gap_sum.h5", folder, labels=names).bundle
    assert bundle.labels.names == ("Sadness", "bored", "Happiness", "Anger", "Fear", "Disgust")
    torch.testing.assert_close(
        probabilities(bundle, model_inputs_of("keras3_gap_sum.h5")),
        keras_probabilities("keras3_gap_sum.h5"),
        rtol=0,
        atol=1e-6,
    )


@pytest.mark.parametrize("labels", [SEVEN.names, SIX.names[:2]])
def test_labels_of_a_wrong_number_are_refused(labels, folder):
    with pytest.raises(ConfigError, match=f"has 6 outputs, and {len(labels)} labels were given"):
        imported("keras3_gap_sum.h5", folder, labels=labels)


def test_interpretation_is_that_of_the_notebook_with_the_stream(folder):
    path = unpack("keras2_spatial.h5", folder)
    interpretation = import_keras_model(path).interpretation
    assert interpretation.labels.names[-1] == "Happiness"  # the report's Figure 10
    assert interpretation.largest_pixel == 255
    interpretation = import_keras_model(unpack("keras3_sequential_map.keras", folder)).interpretation
    assert (interpretation.labels, interpretation.largest_pixel) == (SIX, 1)
    assert NOTEBOOKS.keys() == SMALL_SHAPES.keys()


def test_baum1s_as_text_is_the_order_of_codes_sorted_as_text():
    codes = {1: "Anger", 6: "Disgust", 7: "Fear", 8: "Happiness", 10: "Sadness", 11: "Surprise"}
    assert BAUM1S_AS_TEXT.names == tuple(codes[code] for code in sorted(codes, key=str))


@pytest.mark.parametrize("largest_pixel", [0, 2, 256])
def test_largest_pixel_other_than_1_and_255_is_refused(largest_pixel, folder):
    with pytest.raises(ConfigError, match=f"largest_pixel must be 1 or 255, got {largest_pixel}"):
        imported("keras2_spatial.h5", folder, largest_pixel=largest_pixel)


def test_imported_bundle_has_its_origin_and_what_is_not_known(folder):
    bundle = imported("keras2_flatten_concat.h5", folder).bundle
    assert bundle.prepare_recipe == NOTEBOOK_RECIPE
    assert bundle.metrics == {}
    assert bundle.training["imported_from"] == "keras2_flatten_concat.h5"
    assert bundle.training["keras_version"] == "2.15.0"
    assert bundle.training["outputs_in_file"] == list(SIX.names)
    assert bundle.training["parameters"] == 1_919_238
    assert "its scores are not known" in bundle.training["note"]
    assert "no licence was stated" in bundle.rights
    assert not bundle.training["weights_alone"]
    assert imported("keras2_only_weights.h5", folder).bundle.training["weights_alone"]


def test_prepare_recipe_that_is_given_is_the_bundles(folder):
    recipe = PrepareRecipe(margin=0.1)
    bundle = imported("keras3_gap_sum.h5", folder, prepare_recipe=recipe, rights="CC0").bundle
    assert (bundle.prepare_recipe, bundle.rights) == (recipe, "CC0")
    assert "notebooks" not in bundle.training["note"]
    with pytest.raises(ConfigError, match="reads images of 48 pixels, the crops of the dataset have 64"):
        imported("keras3_gap_sum.h5", folder, prepare_recipe=PrepareRecipe(size=64))


def test_imported_bundle_predicts_as_keras_from_crops_and_flow(folder, tmp_path):
    name = "keras2_gap_average.keras"
    save_bundle(tmp_path / "imported.safetensors", imported(name, folder).bundle)
    loaded = load_bundle(tmp_path / "imported.safetensors")
    faces, _ = model_inputs_of(name)
    crops = (faces * 255).round().byte().permute(0, 2, 3, 1).numpy()
    flow = torch.randn(len(crops), 2, 48, 48, generator=torch.Generator().manual_seed(0)).numpy()
    read = model_inputs(crops, flow, flow_encoding="hsv")
    torch.testing.assert_close(read[0], faces)
    expected = probabilities(imported(name, folder).bundle, read)
    torch.testing.assert_close(torch.from_numpy(TorchPredictor(loaded).predict(crops, flow)), expected)


def broken(name, folder, monkeypatch, change):
    """Read a file with something changed in it, layer by layer."""
    from ferfusion.exchange import keras

    read = keras.read_keras  # type: ignore[attr-defined]  # as it is named there

    def changed(path):
        model = read(path)
        return replace(model, layers={key: change(layer) for key, layer in model.layers.items()})

    monkeypatch.setattr(keras, "read_keras", changed)
    return import_keras_model(unpack(name, folder))


@pytest.mark.parametrize(
    ("layer", "settings", "message"),
    [
        ("input_1", {"batch_input_shape": [None, 48, 48, 1]}, r"'input_1'.*shape \(48, 48, 1\)"),
        ("input_1", {"batch_input_shape": [None, None, None, 3]}, r"'input_1'.*shape \(None, None, 3\)"),
        ("input_1", {"batch_input_shape": [None, "a", "a", 3]}, r"'input_1'.*shape \('a', 'a', 3\)"),
        ("input_1", {"batch_input_shape": 48}, "'input_1'.*shape 48; ferfusion can import squares"),
        (
            "input_2",
            {"batch_input_shape": [None, 64, 64, 3]},
            "streams .* are different .* 48 pixels, .* 64 pixels",
        ),
    ],
)
def test_import_keras_model_names_images_it_cannot_import(layer, settings, message, folder, monkeypatch):
    def change(each):
        return replace(each, settings={**each.settings, **settings}) if each.name == layer else each

    with pytest.raises(BundleError, match=message):
        broken("keras2_flatten_concat.h5", folder, monkeypatch, change)


@pytest.mark.parametrize(
    ("layer", "cut", "message"),
    [
        ("dense_1", lambda kernel: kernel[:, :512], r"'dense_2' \(Dense\).* for 1,024 inputs and reads 512;"),
        (
            "dense",
            lambda kernel: kernel[:200],
            r"'dense' \(Dense\).* 200 values, .* of 128 and 128 channels",
        ),
        ("conv2d_2", lambda kernel: kernel[:, :, :32], "'conv2d_2' .* for 32 inputs and reads 64;"),
        ("conv2d", lambda kernel: kernel[..., :32], "'conv2d_1' .* for 64 inputs and reads 32;"),
        ("dense_2", lambda kernel: kernel * float("nan"), "'dense_2' .*not all finite numbers"),
    ],
)
def test_import_keras_model_names_weights_it_cannot_import(layer, cut, message, folder, monkeypatch):
    def change(each):
        if each.name != layer:
            return each
        kernel, bias = each.weights
        return replace(each, weights=(cut(kernel), bias[: cut(kernel).shape[-1]]))

    with pytest.raises(BundleError, match=message):
        broken("keras2_flatten_concat.h5", folder, monkeypatch, change)
