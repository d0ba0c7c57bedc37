"""Networks of others: an ONNX file that is imported, and the file that an import writes."""

from pathlib import Path
from random import Random

import numpy as np
import onnx

from ferfusion.exchange.foreign_model import foreign_model_of, save_foreign
from ferfusion.exchange.foreign_session import Asked, Found, find_network, try_foreign
from ferfusion.exchange.onnx_import import OnnxSettings, import_network
from ferfusion.exchange.onnx_session import read_graph
from ferfusion.label_set import SIX
from fuzz.kind import Kind, check, check_probabilities, refused_without
from fuzz.mutations import mutated_bytes, mutated_json
from helpers.foreign_networks import write_network

_ASKED = Asked(columns=tuple(range(6)), width=6)
_OPERATORS = ("Loop", "If", "Conv", "Expand", "Reshape", "Tile", "Softmax", "Resize", "Concat", "Nothing")


def _network(folder: Path) -> None:
    write_network(folder / NETWORK.place, classes=6)


def _imported(folder: Path) -> None:
    file = write_network(folder / "theirs.onnx", classes=6)
    imported = import_network(file, OnnxSettings(labels=SIX.names))
    save_foreign(folder / IMPORTED.place, imported.graph, imported.model)


def _mutate(content: bytes, random: Random) -> bytes:
    """Mutate an operator, its inputs, an array, the input's shape, the metadata, or any bytes."""
    model = onnx.ModelProto.FromString(content)
    graph, whole = model.graph, random.choice((0, 1, -1, 7, 2**31, 2**62))
    entries = [each for each in model.metadata_props if each.value[:1] in "[{"]
    match random.randrange(9 if entries else 6):
        case 0:
            return mutated_bytes(content, random)
        case 1:
            random.choice(graph.node).op_type = random.choice(_OPERATORS)
        case 2:
            random.choice(graph.node).input[0] = random.choice(("matrix", "row", "logits", "input", ""))
        case 3:
            weights = next(each for each in graph.initializer if each.name == "matrix")
            numbers = np.frombuffer(weights.raw_data, np.float32).copy()
            numbers[random.randrange(len(numbers))] = random.choice((np.nan, np.inf, 3e38, -3e38))
            weights.raw_data = numbers.tobytes()
        case 4:
            dims = graph.input[0].type.tensor_type.shape.dim
            random.choice(dims).dim_value = whole
        case 5:
            random.choice(graph.initializer).dims[0] = whole
        case _:
            entry = random.choice(entries)
            entry.value = mutated_json(entry.value, random).encode(errors="replace").decode()
    mutant: bytes = model.SerializeToString()
    return mutant


def _find(path: Path) -> None:
    found: Found = find_network(path, asked=_ASKED, threads=1)
    check(1 <= found.size <= 1024, f"the size is {found.size}")


def _read(path: Path) -> None:
    model = foreign_model_of(path, read_graph(path).metadata)
    try_foreign(path, network=model.network, size=model.info.prepare_recipe.size)
    numbers = np.zeros((1, model.network.width), np.float32)
    check_probabilities(model.network.probabilities(numbers, temperature=model.info.calibration.temperature))


NETWORK = Kind("n.onnx", _network, _mutate, _find, refused_without("is not an ONNX file"), rehearsed=True)
IMPORTED = Kind("i.onnx", _imported, _mutate, _read, refused_without("is not an ONNX file"), rehearsed=True)
