"""``ferfusion import-keras FILE BUNDLE``: a model that Keras trained, as a bundle."""

from pathlib import Path

from ferfusion.bundle import save_bundle
from ferfusion.errors import ConfigError
from ferfusion.export.keras import NO_RIGHTS, ImportedModel, import_keras_model
from ferfusion.prepare.dataset import open_dataset


def import_keras(
    file: Path,
    bundle: Path,
    *,
    spatial_input: str = "",
    labels: str = "",
    largest_pixel: int | None = None,
    dataset: Path | None = None,
    rights: str = NO_RIGHTS,
) -> None:
    """Turn a model that Keras trained into a bundle.

    Reads the report's two-stream and spatial networks, saved by Keras 2 or 3, and says which layer it cannot
    map. What the file does not say is taken from the author's notebooks, and printed.

    Args:
        file: The model: .h5 or .keras, or weights alone.
        bundle: Bundle file to write.
        spatial_input: Name of the input that takes the face; the first input where not given.
        labels: What the outputs mean, in order, with commas between. Where not given, the notebooks' order:
            for the stream listing Anger, Sadness, Surprise, Disgust, Fear, Happiness (BAUM-1s' codes sorted
            as text), for table1 the alphabet's.
        largest_pixel: Value of a white pixel in its training pictures: 255, or 1 where the generator divides
            by 255. Where not given, the notebooks': 255 for listing, 1 for table1.
        dataset: Dataset of `ferfusion prepare` that it was trained on, whose preparation and labels are then
            the model's; without it the notebooks' own preparation is taken.
        rights: Licence and rights of the training data and the model, kept in the bundle.
    """
    if bundle.exists():
        raise ConfigError(f"{bundle} is there already; name a new file")
    source = open_dataset(dataset) if dataset else None
    names = tuple(name.strip() for name in labels.split(",") if name.strip())
    imported = import_keras_model(
        file,
        spatial_input=spatial_input,
        labels=names or (source.labels.names if source else ()),
        largest_pixel=largest_pixel,
        recipe=source.recipe if source else None,
        rights=rights,
    )
    save_bundle(bundle, imported.bundle)
    _print_summary(imported, file, bundle)


def _print_summary(imported: ImportedModel, file: Path, path: Path) -> None:
    bundle, reading = imported.bundle, imported.reading
    config, recipe = bundle.model_config, bundle.recipe
    print(
        f"{file.name} (Keras {bundle.training['keras_version']}): {config.architecture}, {config.fusion}, "
        f"stream {config.stream}, {bundle.training['parameters']:,} parameters"
    )
    if bundle.training["weights_alone"]:
        print("The file has weights alone: they are taken to hang together as in the notebooks.")
    print(f"Inputs: {', '.join(map(' '.join, zip(('face', 'flow'), imported.inputs, strict=False)))}")
    print(f"Outputs in the file: {', '.join(reading.labels.names)}; if not so, name them with --labels")
    print(f"A white pixel is {reading.largest_pixel}; if not so, say --largest-pixel")
    print(
        f"Videos are prepared with: detector {recipe.detector}, flow {recipe.flow} at "
        f"{recipe.flow_size or recipe.size} pixels, {recipe.size} pixels in, drawn as {config.flow_encoding}"
    )
    print("What it reaches is not known: measure it on people that its training never saw.")
    print(f"Now: ferfusion predict VIDEO --bundle {path}")
