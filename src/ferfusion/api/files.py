"""Models in other formats: export to ONNX and Keras, import from them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ferfusion.api.datasets import Dataset, as_dataset
from ferfusion.api.models import Model, is_shipped, load_model
from ferfusion.api.settings import PathOrText, as_new_file, as_path
from ferfusion.engines import rehearse
from ferfusion.environment import load_torch
from ferfusion.errors import BundleError, ConfigError, file_errors
from ferfusion.files import write_whole
from ferfusion.outputs import only_writer_of_file

if TYPE_CHECKING:
    from ferfusion.exchange.quantise import Int8Cost


@dataclass(frozen=True)
class Exported:
    """An ONNX or Keras file that was written.

    Attributes:
        path: The file.
        inputs: Names of its inputs, in order.
        size_bytes: Its size.
        int8: Cost of 8 bit numbers; None without them.
        labels: Labels of its outputs, in order.
    """

    path: Path
    inputs: tuple[str, ...]
    size_bytes: int
    int8: "Int8Cost | None" = None
    labels: tuple[str, ...] = ()

    def __repr__(self) -> str:
        megabytes = self.size_bytes / 2**20
        return f"Exported({str(self.path)!r}: inputs {', '.join(self.inputs)}; {megabytes:.1f} MiB)"


@file_errors()
def export(
    model: Model | PathOrText | None, out: PathOrText, *, int8: Dataset | PathOrText | None = None
) -> Exported:
    """Write a trained model as an ONNX file, for predictions here and in other programs, or as a Keras file.

    The inputs of a Keras file are spatial, the face, and flow, the flow as an image: (B, S, S, 3) with
    values from 0 to 1. Its output are the probabilities of the labels, before a temperature. Keras 2.15 and
    Keras 3 open both forms.

    Args:
        model: A run folder, a bundle, or shipped: the model that comes with the package; in Python also a
            model, and None for the one of the package.
        out: File to write: .onnx, or .h5 or .keras for one of the report's networks.
        int8: Dataset, for an ONNX file with 8 bit numbers: its training part gives the ranges of weights and
            maps, and the cost is measured on its validation part. For a run, its own split is used.

    Raises:
        ConfigError: the file has another ending, or cannot have this model.
        BundleError: the model is missing, damaged, or an ONNX file already.
        DatasetError: the dataset cannot be used, or has changed since the run was trained on it.
        MissingExtraError: onnx or onnxruntime, or for a Keras file h5py, is not installed.

    >>> fer.export("run", "model.onnx").inputs
    ('spatial', 'flow')
    """
    load_torch()
    from ferfusion.bundle import load_bundle  # noqa: PLC0415 torch
    from ferfusion.exchange.keras_export import SUFFIXES, export_keras  # noqa: PLC0415
    from ferfusion.exchange.onnx import export_in_process, input_names  # noqa: PLC0415
    from ferfusion.exchange.quantise import quantise  # noqa: PLC0415
    from ferfusion.inference.predictor import SHIPPED, bundle_file  # noqa: PLC0415

    path = as_new_file(out)
    if path.suffix not in (".onnx", *SUFFIXES):
        raise ConfigError(
            f"The name of an exported file must end in .onnx, .h5 or .keras, got {path.name!r}; choose "
            f"{path.with_suffix('.onnx').name}"
        )
    if int8 is not None and path.suffix != ".onnx":
        raise ConfigError(
            f"Only an ONNX file can have 8 bit numbers; choose {path.with_suffix('.onnx').name}"
        )
    source = model.path if isinstance(model, Model) else None if model is None else as_path(model)
    file = SHIPPED if source is None or is_shipped(source) else bundle_file(source)
    if file.suffix == ".onnx":
        raise BundleError(f"{file} is an ONNX file already; export a run or a bundle")
    bundle = load_bundle(file)
    cost: Int8Cost | None = None
    data = None if int8 is None else as_dataset(int8)

    def write(partial: Path) -> None:
        nonlocal cost
        export_in_process(file, partial)
        if data is not None:
            run = file.parent if (file.parent / "config.json").is_file() else None
            cost = quantise(bundle, partial, data.folder, run=run)

    is_keras = path.suffix in SUFFIXES
    with only_writer_of_file(path):
        if is_keras:
            export_keras(bundle, path)
        else:
            write_whole(path, write)
    inputs = bundle.model_config.streams if is_keras else input_names(bundle)
    return Exported(path, inputs, path.stat().st_size, cost, bundle.labels.names)


@file_errors()
def import_keras(
    file: PathOrText,
    bundle: PathOrText,
    *,
    spatial_input: str = "",
    labels: Sequence[str] = (),
    largest_pixel: int | None = None,
    dataset: Dataset | PathOrText | None = None,
    rights: str | None = None,
) -> Model:
    """Turn a model that Keras trained into a bundle.

    Reads the report's two-stream and spatial networks with layers of any width, saved by Keras 2 or 3.
    Settings that the file does not have are assumed as in the author's notebooks, where no export of
    ferfusion wrote them; the model's ``notes`` name each assumption.

    Args:
        file: The model: .h5 or .keras, or weights alone.
        bundle: Bundle file to write.
        spatial_input: Name of the input that takes the face; by default, the first input.
        labels: Labels of the outputs, in order; on the command line, with commas between them. By default,
            the order of the notebooks: for the stream listing, Anger, Sadness, Surprise, Disgust, Fear,
            Happiness (BAUM-1s' codes sorted as text); for table1, alphabetical; for other widths, as listing.
        largest_pixel: Value of a white pixel in its training images: 255, or 1 if the generator divides
            by 255. By default, the value of the notebooks: 255 for listing and other widths, 1 for table1.
        dataset: Dataset that it was trained on; the model gets its preparation and labels. By default, the
            model gets the preparation of the notebooks.
        rights: Licence and rights of the training data and the model, kept in the bundle.

    Raises:
        ConfigError: the bundle exists already, or a setting cannot be used.
        BundleError: the file is no Keras model, or has a layer that cannot be imported.
        MissingExtraError: h5py is not installed.

    >>> fer.import_keras("no-model.h5", "bundle.safetensors")
    Traceback (most recent call last):
    ferfusion.errors.BundleError: There is no file no-model.h5; name a .h5 or .keras file that Keras wrote
    """
    load_torch()
    from ferfusion.bundle import save_bundle  # noqa: PLC0415 torch
    from ferfusion.exchange.keras import describe_import, import_keras_model  # noqa: PLC0415
    from ferfusion.exchange.keras_files import read_keras  # noqa: PLC0415

    source, target = as_path(file), as_new_file(bundle)
    if target.exists():
        raise ConfigError(f"{target} exists already; name a new file")
    if isinstance(labels, str):
        raise ConfigError(f"labels must be a sequence of names such as {labels.split(',')}, got {labels!r}")
    data = None if dataset is None else as_dataset(dataset)
    rehearse(read_keras, source)  # a damaged HDF5 file can end the process that reads it
    imported = import_keras_model(
        source,
        spatial_input=spatial_input,
        labels=labels or (data.labels if data else ()),
        largest_pixel=largest_pixel,
        prepare_recipe=data.recipe if data else None,
        rights=rights,
    )
    with only_writer_of_file(target):
        save_bundle(target, imported.bundle)
    model = load_model(target)
    return Model(model._predictor, target, tuple(describe_import(imported, source)))
