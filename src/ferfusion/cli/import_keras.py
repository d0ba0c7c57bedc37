"""``ferfusion import-keras FILE BUNDLE``: a model that Keras trained, as a bundle."""

from pathlib import Path

import ferfusion as fer
from ferfusion.cli.describe import described_by


@described_by(fer.import_keras)
def import_keras(
    file: Path,
    bundle: Path,
    *,
    spatial_input: str = "",
    labels: str = "",
    largest_pixel: int | None = None,
    dataset: Path | None = None,
    rights: str | None = None,
) -> None:
    """See ``ferfusion.import_keras``."""
    model = fer.import_keras(
        file,
        bundle,
        spatial_input=spatial_input,
        labels=labels,
        largest_pixel=largest_pixel,
        dataset=dataset,
        rights=rights,
    )
    for note in model.notes:
        print(note)
    print(f"Now: ferfusion predict VIDEO --bundle {bundle}")
