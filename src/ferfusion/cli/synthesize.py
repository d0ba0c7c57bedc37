"""``ferfusion synthesize``."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

import ferfusion as fer
from ferfusion.cli.describe import described_by
from ferfusion.cli.progress import console, progress_bar


@described_by(fer.synthesize)
def synthesize(
    corpus: Path,
    *,
    recipe: Annotated[fer.SynthesisRecipe | None, Parameter(name="*")] = None,
    true_flow: bool = False,
) -> None:
    """See ``ferfusion.synthesize``."""
    with progress_bar() as bar:
        fer.synthesize(corpus, recipe=recipe, true_flow=true_flow, progress=bar)
    console.print(f"Corpus: {corpus}", soft_wrap=True)
    console.print(f"Next: ferfusion prepare {corpus} DATASET", soft_wrap=True)
