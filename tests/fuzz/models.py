"""Models: bundles, ONNX files, and Keras files of both forms."""

import gzip
import io
import json
from pathlib import Path
from random import Random
from typing import Any
from zipfile import ZIP_BZIP2, ZIP_DEFLATED, ZIP_STORED, ZipFile

import h5py
import numpy as np
import onnx

from ferfusion.bundle import Bundle, bundle_of, load_bundle, save_bundle
from ferfusion.exchange.keras import import_keras_model
from ferfusion.exchange.onnx_session import INPUTS, read_graph, try_answer
from ferfusion.inference.predictor import TorchPredictor
from fuzz.kind import Kind, check_probabilities, refused_without
from fuzz.mutations import mutated_bytes, mutated_json, mutated_value
from helpers.bundles import drawn_faces, untrained_bundle
from helpers.keras_files import FOLDER
from helpers.onnx_files import write_onnx


def _bundle(folder: Path) -> None:
    save_bundle(folder / BUNDLE.place, untrained_bundle(architecture="spatial", head_units=4))


def _mutate_bundle(content: bytes, random: Random) -> bytes:
    """Mutate an entry of the header, the description of a tensor, the weights, or any bytes."""
    length = int.from_bytes(content[:8], "little")
    header, weights = json.loads(content[8 : 8 + length]), content[8 + length :]
    match random.randrange(6):
        case 0:
            return mutated_bytes(content, random)
        case 1:
            name = random.choice([name for name in header if name != "__metadata__"])
            header[name] = mutated_value(header[name], random)
        case 2:
            numbers = np.frombuffer(weights, np.float32).copy()
            start = random.randrange(len(numbers))
            numbers[start : start + 10**5] = random.choice((3e38, -3e38, 1e30, np.nan, np.inf, 1e-45))
            weights = numbers.tobytes()
        case _:
            entry = random.choice(("model", "labels", "prepare_recipe", "training", "metrics"))
            header["__metadata__"][entry] = mutated_json(header["__metadata__"][entry], random)
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + weights


def _read_bundle(path: Path) -> None:
    _predict(load_bundle(path))


def _predict(bundle: Bundle) -> None:
    inputs = drawn_faces(bundle.model_config, 2)
    check_probabilities(TorchPredictor(bundle).predict(*inputs))


def _onnx(folder: Path) -> None:
    write_onnx(folder / ONNX.place)


def _mutate_onnx(content: bytes, random: Random) -> bytes:
    """Mutate an operator, its inputs, a number, a shape, an entry of the metadata, or any bytes."""
    model = onnx.ModelProto.FromString(content)
    graph, whole = model.graph, random.choice((0, 1, -1, 7, 2**31, 2**62))
    match random.randrange(8):
        case 0:
            return mutated_bytes(content, random)
        case 1:
            random.choice(graph.node).op_type = random.choice(
                ("Loop", "If", "Conv", "Gemm", "Expand", "Reshape", "Softmax", "Concat", "Nothing")
            )
        case 2:
            random.choice(graph.node).input[0] = random.choice(("weights", "logits", "mean", "none", ""))
        case 3:
            weights = graph.initializer[0]
            numbers = np.frombuffer(weights.raw_data, np.float32).copy()
            numbers[random.randrange(len(numbers))] = random.choice((np.nan, np.inf, 3e38, -3e38))
            weights.raw_data = numbers.tobytes()
        case 4:
            graph.initializer[0].dims[random.randrange(2)] = whole
        case 5:
            model.opset_import[0].version = whole
        case 6:
            random.choice(graph.input).type.tensor_type.elem_type = random.randrange(30)
        case _:
            entry = random.choice([each for each in model.metadata_props if each.value[:1] in "[{"])
            entry.value = mutated_json(entry.value, random).encode(errors="replace").decode()
    mutant: bytes = model.SerializeToString()
    return mutant


def _read_onnx(path: Path) -> None:
    info = bundle_of(path, read_graph(path).metadata).info
    side = info.prepare_recipe.size
    image = (2, 3, side, side)
    try_answer(path, shapes=dict.fromkeys(INPUTS[:2], image), classes=len(info.labels))


def _keras(folder: Path) -> None:
    packed = (FOLDER / "keras2_spatial.h5.gz").read_bytes()
    (folder / KERAS.place).write_bytes(gzip.decompress(packed))


def _mutate_keras(content: bytes, random: Random) -> bytes:
    """Mutate the config, an attribute or an array of an HDF5 file, or bytes of its structure."""
    if random.randrange(4) == 0:
        # the first and the last bytes are the structure, those between them the weights
        edge = 40_000
        return mutated_bytes(content[:edge], random) + content[edge:]
    memory = io.BytesIO(content)
    with h5py.File(memory, "r+") as file:
        arrays: list[str] = []
        file.visititems(lambda at, item: arrays.append(at) if isinstance(item, h5py.Dataset) else None)
        name = random.choice([each for each in arrays if each.startswith("model_weights")])
        shape = file[name].shape
        match random.randrange(6):
            case 0:
                del file[name]
                file[name] = random.choice((h5py.SoftLink("/" + name), h5py.ExternalLink("/etc/passwd", "x")))
            case 1:
                del file[name]
                size = 4 * int(np.prod(shape))
                file.create_dataset(name, shape, "f4", external=[("/etc/passwd", 0, size)])
            case 2:
                del file[name]
                other = random.choice(((), (10**6, 10**6), (3,), shape[::-1], (0, 4)))
                file.create_dataset(name, other, random.choice(("f4", "f8", "i4", "f2", "S8")))
            case 3:
                values: Any = random.choice((np.nan, np.inf, 3e38, 1e-45))
                file[name][...] = values
            case 4:
                holder = random.choice((file["model_weights"], file["model_weights/dense_5"]))
                attribute = random.choice(list(holder.attrs))
                holder.attrs[attribute] = random.choice((3, 1.5, [1, 2], "text", [b"x"] * 9, [b"x\n"]))
            case _:
                config = mutated_json(str(file.attrs["model_config"]), random)
                file.attrs["model_config"] = config.encode(errors="replace").decode().replace("\0", "")
    return memory.getvalue()


def _archive(folder: Path) -> None:
    packed = (FOLDER / "keras3_sequential_map.keras.gz").read_bytes()
    (folder / ARCHIVE.place).write_bytes(gzip.decompress(packed))


def _mutate_archive(content: bytes, random: Random) -> bytes:
    """Mutate a JSON member of an archive, its compression, the structure of its weights, or any bytes."""
    if random.randrange(5) == 0:
        return mutated_bytes(content, random)
    with ZipFile(io.BytesIO(content)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    if random.randrange(4):
        members["config.json"] = mutated_json(members["config.json"].decode(), random).encode(
            errors="replace"
        )
    else:
        weights = members["model.weights.h5"]
        members["model.weights.h5"] = mutated_bytes(weights[:40_000], random) + weights[40_000:]
    memory = io.BytesIO()
    packed = random.choice((ZIP_STORED, ZIP_DEFLATED, ZIP_BZIP2))
    with ZipFile(memory, "w") as archive:
        for name, member in members.items():
            archive.writestr(name, member, packed if len(member) < 10**6 else ZIP_STORED)
    return memory.getvalue()


def _read_keras(path: Path) -> None:
    _predict(import_keras_model(path).bundle)


BUNDLE = Kind("b.safetensors", _bundle, _mutate_bundle, _read_bundle, refused_without("is not a bundle"))
ONNX = Kind("m.onnx", _onnx, _mutate_onnx, _read_onnx, refused_without("is not an ONNX file"), rehearsed=True)
KERAS = Kind(
    "k.h5",
    _keras,
    _mutate_keras,
    _read_keras,
    refused_without("signature", "truncated", "superblock"),
    rehearsed=True,
)
ARCHIVE = Kind(
    "k.keras",
    _archive,
    _mutate_archive,
    _read_keras,
    refused_without("zip file", "signature"),
    rehearsed=True,
)
