"""Networks of others: import them as models."""

from collections.abc import Sequence
from dataclasses import replace

from ferfusion.api.datasets import Dataset, as_dataset
from ferfusion.api.models import Model
from ferfusion.api.settings import PathOrText, as_new_file, as_path
from ferfusion.environment import load_torch
from ferfusion.errors import BundleError, ConfigError, file_errors
from ferfusion.files import check_is_file
from ferfusion.outputs import only_writer_of_file


@file_errors()
def import_onnx(
    file: PathOrText,
    bundle: PathOrText,
    *,
    preset: str = "",
    labels: Sequence[str] = (),
    size: int | None = None,
    colours: str = "",
    mean: float | Sequence[float] = (),
    std: float | Sequence[float] = (),
    largest_pixel: int | None = None,
    outputs: str = "",
    other_outputs: int | None = None,
    crop_margin: float = 0.0,
    detector: str = "haar",
    rights: str = "",
    calibrate: Dataset | PathOrText | None = None,
) -> Model:
    """Turn an expression network of others, an ONNX file, into a bundle that predicts videos as any other.

    The network reads one face and returns a number for each class. The bundle is an ONNX file with the same
    graph and weights; everything else is ours: face tracks, timeline, verdicts, abstention, scores. A
    setting that the file does not have is assumed; the model's ``notes`` name each assumption.

    Args:
        file: The ONNX file, with its weights in it.
        bundle: ONNX file to write.
        preset: A known network, whose settings need not be given: ferplus (``ferfusion fetch ferplus``), or
            a network of EmotiEffLib: emotieff-b0-8, emotieff-b0-7, emotieff-b0-mtl, emotieff-b2-8,
            emotieff-b2-7, emotieff-mobilefacenet-mtl, emotieff-mobilevit-mtl.
        labels: Classes in the order of the outputs; on the command line, with commas between them.
        size: Side of its images in pixels; by default, as in the file.
        colours: Colours that it reads: rgb, bgr or grey; by default, grey for one channel, else rgb.
        mean: Subtracted from the pixels: one number, or one for each channel in the order that the network
            reads; on the command line, with commas between them, such as 0.485,0.456,0.406. By default, 0.
        std: The difference is divided by it, likewise; by default, 1.
        largest_pixel: Value of a white pixel before the mean is subtracted, 1 or 255; by default, 255 if a
            mean is above 1, else 1.
        outputs: What the outputs of the classes are: logits or probabilities; by default, found from the
            answers to test images.
        other_outputs: Outputs after those of the classes that are not used, such as valence and arousal.
        crop_margin: Share of the detected box's side that is added on every side of the face, as in the
            network's training images. By default 0, the detector's box, as for both known families.
        detector: Face detector: haar, mtcnn, yunet, or none for videos that show only the face.
        rights: Licence and rights of the network and its training data, kept in the bundle.
        calibrate: Dataset on which the temperature and the thresholds for abstention are fitted: on its
            validation part, or on all of it if it is not split; never on a test part. It must be prepared
            with the size, margin and detector of this import.

    Raises:
        ConfigError: the bundle exists already or does not end in .onnx, or a setting cannot be used or does
            not fit the file.
        BundleError: the file is no ONNX file, is a bundle already, cannot be run, reads something else than
            one image, or answers with numbers that are not finite; or the dataset was prepared in another
            way.
        DatasetError: the dataset cannot be used.
        MissingExtraError: onnx or onnxruntime is not installed.

    >>> fer.import_onnx("no-model.onnx", "bundle.onnx", preset="ferplus")
    Traceback (most recent call last):
    ferfusion.errors.BundleError: There is no file no-model.onnx
    """
    load_torch()
    from ferfusion.exchange.foreign_model import save_foreign  # noqa: PLC0415 torch
    from ferfusion.exchange.onnx_import import (  # noqa: PLC0415
        OnnxSettings,
        describe_network,
        import_network,
    )
    from ferfusion.inference.fitted_calibration import calibrate as fit_on  # noqa: PLC0415
    from ferfusion.inference.foreign_predictor import ForeignPredictor  # noqa: PLC0415
    from ferfusion.inference.measure import check_preparation  # noqa: PLC0415

    source, target = as_path(file), as_new_file(bundle)
    if target.suffix != ".onnx":
        raise ConfigError(f"The bundle is an ONNX file; choose {target.with_suffix('.onnx')}")
    if target.exists():
        raise ConfigError(f"{target} exists already; name a new file")
    if isinstance(labels, str):
        raise ConfigError(f"labels must be a sequence of names such as {labels.split(',')}, got {labels!r}")
    check_is_file(source, error=BundleError)
    settings = OnnxSettings(
        preset=preset,
        labels=labels,
        size=size,
        colours=colours,
        largest_pixel=largest_pixel,
        mean=mean,
        std=std,
        outputs=outputs,
        other_outputs=other_outputs,
        crop_margin=crop_margin,
        detector=detector,
        rights=rights,
    )
    data = None if calibrate is None else as_dataset(calibrate)
    imported = import_network(source, settings)
    model, notes = imported.model, describe_network(imported)
    graph = replace(imported.graph, path=target)
    if data is not None:
        predictor = ForeignPredictor.tried(graph, model)
        try:
            check_preparation(predictor.info, data._opened, file=target)
        except BundleError as error:
            raise BundleError(f"{error}, which an import without --calibrate writes first") from error
        fitted = fit_on(predictor, data._opened, file=target)
        model = model.with_calibration(fitted.calibration, clips=fitted.clips)
        notes.append(fitted.line)
    with only_writer_of_file(target):
        save_foreign(target, graph, model)
    return Model(ForeignPredictor.tried(graph, model), target, tuple(notes))
