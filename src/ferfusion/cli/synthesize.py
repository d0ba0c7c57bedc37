"""``ferfusion synthesize``."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from ferfusion.cli.progress import console, progress_bar
from ferfusion.synthesis.corpus import takes, unfinished, write_corpus
from ferfusion.synthesis.recipe import SynthesisRecipe

_DEFAULT_RECIPE = SynthesisRecipe()


def synthesize(
    corpus: Path,
    *,
    recipe: Annotated[SynthesisRecipe, Parameter(name="*")] = _DEFAULT_RECIPE,
    true_flow: bool = False,
) -> None:
    """Render videos of faces that show the six expressions, with the truth about every frame.

    The same settings give the same corpus. Run the same line again after an interruption: only what is
    missing is rendered. Needs the extra "synth".

    Args:
        corpus: Folder to write; `prepare` reads it as it is.
        recipe: What the corpus is made of.
        true_flow: Also write the true optical flow of the face, about 5 MB a clip at the default size.
    """
    total, left = len(takes(recipe)), len(unfinished(corpus, recipe, with_flow=true_flow))
    if left < total:
        console.print(f"{total - left} of {total} clips are there already.")
    with progress_bar("clips") as bar:
        task = bar.add_task("Loading the head model, about a minute", total=left)
        for path in write_corpus(corpus, recipe, with_flow=true_flow):
            bar.update(task, advance=1, description=f"Rendering [dim]{path.stem}[/]")
        bar.update(task, description="Rendering")
    console.print(f"Corpus: {corpus}", soft_wrap=True)
    console.print(f"Next: ferfusion prepare {corpus} DATASET", soft_wrap=True)
