import json
from dataclasses import replace

import pytest

from ferfusion.bundle import Description
from ferfusion.errors import BundleError
from ferfusion.exchange.foreign_model import ForeignModel, foreign_model_of, is_foreign, save_foreign
from ferfusion.exchange.foreign_network import ForeignNetwork
from ferfusion.exchange.onnx_session import read_graph
from ferfusion.label_set import LabelSet
from ferfusion.preparation.recipe import PrepareRecipe
from helpers.foreign_networks import write_network

onnx = pytest.importorskip("onnx")

MODEL = ForeignModel(
    ForeignNetwork(
        input="input",
        output="logits",
        colours="grey",
        channels=1,
        layout="nchw",
        batch=1,
        largest_pixel=255,
        mean=(127.5,),
        std=(127.5,),
        meaning="logits",
        columns=(1, 0),
        width=4,
    ),
    Description(
        LabelSet(("Anger", "Contempt")),
        PrepareRecipe(size=64, margin=0.1),
        {"imported_from": "network.onnx", "corpus": "unknown"},
        {"calibration": {"temperature": 2.0}},
        "CC0",
    ),
)


@pytest.fixture
def saved(tmp_path):
    def with_author(model):
        onnx.helper.set_model_props(model, {"author": "someone", "version": "theirs"})

    graph = read_graph(write_network(tmp_path / "theirs.onnx", change=with_author))
    save_foreign(tmp_path / "ours.onnx", graph, MODEL)
    return read_graph(tmp_path / "ours.onnx")


def test_foreign_model_is_read_back_as_it_was_saved(saved):
    assert is_foreign(saved.metadata)
    assert saved.metadata["author"] == "someone"
    model = foreign_model_of(saved.path, saved.metadata)
    assert model == MODEL
    assert (model.info.labels.names, model.info.calibration.temperature) == (("Anger", "Contempt"), 2.0)
    assert not model.info.reads_flow
    assert "Caution" in model.info.caution  # nothing is known about its scores


def test_save_foreign_keeps_the_graph(saved, tmp_path):
    theirs = onnx.ModelProto.FromString((tmp_path / "theirs.onnx").read_bytes())
    assert onnx.ModelProto.FromString(saved.content).graph == theirs.graph


def changed(entry, value):
    return lambda metadata: {**metadata, entry: value}


def without(entry):
    return lambda metadata: {name: text for name, text in metadata.items() if name != entry}


SIX_CLASSES = json.dumps(replace(MODEL.network, columns=(0, 1, 2)).to_dict())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (changed("format_version", "9"), "is an imported network of format '9', this version .* reads 1"),
        (without("network"), r"cannot be used by ferfusion .*: no 'network' in it"),
        (without("rights"), "no 'rights' in it"),
        (changed("network", "{}"), "not complete"),
        (changed("network", "[" * 10_000), "cannot be used by ferfusion"),
        (changed("network", SIX_CLASSES), "the network has 3 classes and 2 labels"),
        (changed("prepare_recipe_hash", "0"), "does not have the hash"),
        (changed("labels", '["Anger"]'), "needs two or more names"),
        (changed("metrics", '{"calibration": {"temperature": -1}}'), "temperature must be"),
        (changed("note", "x" * 2**21), "'note' has 2,097,152 characters"),
    ],
)
def test_foreign_model_of_refuses_metadata_that_cannot_be_used_in_one_line(saved, change, message):
    with pytest.raises(BundleError, match=message) as error:
        foreign_model_of(saved.path, change(saved.metadata))
    assert "\n" not in str(error.value)
