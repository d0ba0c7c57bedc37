"""Import an expression network of others, an ONNX file, with everything that a prediction needs."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from ferfusion.bundle import FORMAT as BUNDLE_FORMAT
from ferfusion.bundle import Description
from ferfusion.engines import rehearse
from ferfusion.errors import BundleError, ConfigError
from ferfusion.evaluation.training_summary import TrainingSummary
from ferfusion.exchange.foreign_model import FORMAT, ForeignModel
from ferfusion.exchange.foreign_network import as_numbers
from ferfusion.exchange.foreign_session import Asked, Found, find_network, trial_memory
from ferfusion.exchange.known_networks import KNOWN_NETWORKS, KnownNetwork
from ferfusion.exchange.onnx_session import OnnxGraph, read_graph
from ferfusion.faces.detectors import DETECTORS
from ferfusion.faces.official_model import OFFICIAL_MODELS
from ferfusion.label_set import SEVEN, LabelSet, canonical_emotion, emotion_of_word
from ferfusion.lookup import choose
from ferfusion.preparation.recipe import PrepareRecipe

NO_RIGHTS = (
    "Imported from an ONNX file; no licence was stated. Rights in the training data may restrict the use and "
    "the distribution of this model."
)
NOT_KNOWN = (
    "Imported from an ONNX file. Its training data and its scores are not known; before you rely on it, "
    "evaluate it on people who are not in its training data."
)


@dataclass(frozen=True)
class OnnxSettings:
    """What a person says about a network; what is unset is that of the preset, or is found or assumed.

    Attributes:
        preset: Name of a known network, of ``KNOWN_NETWORKS``.
        labels: Its classes, in the order of its outputs.
        size: Side of its images in pixels.
        colours: Colours that it reads: rgb, bgr or grey.
        largest_pixel: Value of a white pixel, 1 or 255.
        mean: Subtracted from the pixels: one number, or one for each channel in the order that it reads.
        std: The difference is divided by it, likewise.
        outputs: What the outputs of the classes are: logits or probabilities.
        other_outputs: Outputs after those of the classes.
        crop_margin: Share of the detected box's side that is added on every side of the face.
        detector: Face detector, as in a preparation.
        rights: Licence and rights, as text.
    """

    preset: str = ""
    labels: Sequence[str] = ()
    size: int | None = None
    colours: str = ""
    largest_pixel: int | None = None
    mean: float | Sequence[float] = ()
    std: float | Sequence[float] = ()
    outputs: str = ""
    other_outputs: int | None = None
    crop_margin: float = 0.0
    detector: str = PrepareRecipe.detector
    rights: str = ""


@dataclass(frozen=True)
class ImportedNetwork:
    """An imported network.

    Attributes:
        graph: Its graph, as in the file.
        model: What a prediction needs beside it.
        found: How it reads images, with what was assumed and noticed.
        labels_in_file: Its labels in the order of its outputs.
    """

    graph: OnnxGraph
    model: ForeignModel
    found: Found
    labels_in_file: tuple[str, ...]


def import_network(path: Path, settings: OnnxSettings) -> ImportedNetwork:
    """Import an ONNX file; its answers are tried in a process of its own first.

    Args:
        path: The file.
        settings: What is known about it.

    Raises:
        BundleError: the file cannot be run, does not read one image, or answers with numbers that are not
            finite.
        ConfigError: a setting cannot be used, or does not fit the file.
        MissingExtraError: onnx or onnxruntime is not installed.
    """
    graph = read_graph(path)
    if graph.metadata.get("format") in (BUNDLE_FORMAT, FORMAT):
        raise BundleError(
            f"{path} is a bundle already, with its own settings; name it where a model is named, or import "
            "the network's own file"
        )
    known = choose(KNOWN_NETWORKS, settings.preset, what="preset") if settings.preset else None
    names = _labels(settings, known)
    labels, columns = _in_our_order(names)
    asked = _asked(settings, known, columns)
    recipe = _prepare_recipe(settings, size=asked.size or PrepareRecipe.size)
    rehearse(partial(find_network, asked=asked, threads=1), path, memory_bytes=trial_memory(graph))
    found = find_network(path, asked=asked)
    recipe = _prepare_recipe(settings, size=found.size)
    sha256 = hashlib.sha256(graph.content).hexdigest()
    if known and known.sha256 not in ("", sha256):
        caution = f"The file is not the official one of the preset, whose SHA-256 is {known.sha256}."
        found = replace(found, cautions=(caution, *found.cautions))
    training: TrainingSummary = {
        "imported_from": path.name,
        "sha256": sha256,
        "outputs_in_file": list(names),
        "largest_pixel": found.network.largest_pixel,
        "corpus": "unknown",
        "note": NOT_KNOWN,
    }
    rights = settings.rights or (known.rights if known else NO_RIGHTS)
    model = ForeignModel(found.network, Description(labels, recipe, training, {}, rights))
    return ImportedNetwork(graph, model, found, names)


def describe_network(imported: ImportedNetwork) -> list[str]:
    """Return the content of an ONNX file, what was assumed and what was noticed, as lines of text."""
    described, network = imported.model.description, imported.model.network
    recipe, training = described.prepare_recipe, described.training
    others = network.width - len(network.columns)
    batch = f"{network.batch} at a time" if network.batch else "several at a time"
    pixels = f"pixels from 0 to {network.largest_pixel}"
    if any(network.mean) or set(network.std) != {1.0}:
        pixels += f", minus {_numbers(network.mean)}, divided by {_numbers(network.std)}"
    return [
        f"{training['imported_from']} (SHA-256 {training['sha256'][:16]}): reads {network.colours} images "
        f"of {recipe.size} pixels, {batch}; {pixels}",
        f"Outputs in the file: {', '.join(imported.labels_in_file)}"
        + (f", and {others} that are not used" if others else "")
        + f"; they are {network.meaning}",
        *(f"Assumed: {sentence}." for sentence in imported.found.assumptions),
        *(f"Caution: {sentence}" for sentence in imported.found.cautions),
        f"Videos are prepared with: detector {recipe.detector}, margin {recipe.margin:g}, crops of "
        f"{recipe.size} pixels; if its training images were cropped more widely, set --crop-margin",
        f"Rights: {described.rights}",
        "Its scores are not known: evaluate it on people who are not in its training data.",
    ]


def _labels(settings: OnnxSettings, known: KnownNetwork | None) -> tuple[str, ...]:
    """Return the labels in the order of the outputs, in this project's words where it has one."""
    given = settings.labels or (known.labels if known else ())
    if not given:
        raise ConfigError(
            "The file does not name its classes: name them with --labels, in the order of the outputs, such "
            f"as --labels Anger,Fear,Neutral, or choose a --preset: {', '.join(KNOWN_NETWORKS)}"
        )
    names = LabelSet(tuple(map(canonical_emotion, given))).names
    written: dict[str, str] = {}
    for name in names:
        meant = emotion_of_word(name).casefold()
        if meant in written:
            raise ConfigError(
                f"{written[meant]} and {name} are both {emotion_of_word(name)}; name another class for each "
                "output"
            )
        written[meant] = name
    return names


def _in_our_order(names: tuple[str, ...]) -> tuple[LabelSet, tuple[int, ...]]:
    """Return the labels, this project's first and in its order, and the place of each among the outputs.

    >>> _in_our_order(("Neutral", "Contempt", "Anger"))
    (LabelSet(names=('Anger', 'Neutral', 'Contempt')), (2, 0, 1))
    """
    ordered = (*(name for name in SEVEN.names if name in names), *(n for n in names if n not in SEVEN))
    return LabelSet(ordered), tuple(names.index(name) for name in ordered)


def _asked(settings: OnnxSettings, known: KnownNetwork | None, columns: tuple[int, ...]) -> Asked:
    others = settings.other_outputs
    if others is None:
        others = known.other_outputs if known else 0
    if others < 0:
        raise ConfigError(f"other_outputs must be at least 0, got {others}")
    return Asked(
        columns=columns,
        width=len(columns) + others,
        size=settings.size or (known.size if known else None),
        preset=settings.preset,
        size_is_of_preset=known is not None and not settings.size,
        colours=settings.colours or (known.colours if known else ""),
        largest_pixel=settings.largest_pixel or (known.largest_pixel if known else None),
        mean=as_numbers("mean", settings.mean) or (known.mean if known else ()),
        std=as_numbers("std", settings.std) or (known.std if known else ()),
        meaning=settings.outputs or (known.outputs if known else ""),
    )


def _prepare_recipe(settings: OnnxSettings, *, size: int) -> PrepareRecipe:
    """Return how faces are prepared: as for any model, but for size, margin and detector."""
    choose(DETECTORS, settings.detector, what="detector")
    official = OFFICIAL_MODELS.get(settings.detector)
    return PrepareRecipe(
        size=size,
        margin=settings.crop_margin,
        detector=settings.detector,
        detector_sha256=official.sha256 if official else "",
    )


def _numbers(values: Sequence[float]) -> str:
    """Return numbers as text, once if they are the same for all channels."""
    return f"{values[0]:g}" if len(set(values)) == 1 else f"({', '.join(f'{value:g}' for value in values)})"
