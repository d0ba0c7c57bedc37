"""Explain a run: galleries, contributions and sanity checks in the run folder."""

from dataclasses import dataclass
from pathlib import Path

from ferfusion.corpora.entries import unique_ids
from ferfusion.evaluation.run_files import EXPLANATION_FILES
from ferfusion.explanation.examples import ClassExamples, choose_examples, read_answers
from ferfusion.explanation.explain_page import page_html
from ferfusion.explanation.gallery import examples_figure
from ferfusion.explanation.pairs import RunPairs, open_run_pairs
from ferfusion.explanation.plots import deletion_figure, randomisation_figure
from ferfusion.explanation.recipe import ExplainRecipe
from ferfusion.explanation.sanity_checks import SanityChecks, deletion_table, randomisation_table, run_checks
from ferfusion.files import write_text
from ferfusion.outputs import only_writer, replaced_result
from ferfusion.reporting.style import save
from ferfusion.tables import write_table

PREFIX = "explain_"


@dataclass(frozen=True)
class RunExplanation:
    """The page of an explanation, its examples, and its sanity checks, or None without ``check``."""

    page: Path
    classes: list[ClassExamples]
    checks: SanityChecks | None


def explain_run(
    run: Path, recipe: ExplainRecipe, *, check: bool = False, dataset: Path | None = None
) -> RunExplanation:
    """Explain the predictions of a run on pairs of every class.

    Writes ``explain.html``, its figures as ``figures/explain_*.png``, ``contributions.csv`` (a row for each
    pair that was read), and with ``check`` also ``explain_deletion.csv`` and ``explain_randomisation.csv``.
    They replace those of an earlier explanation together.

    Args:
        run: A finished run folder.
        recipe: Settings of the explanation.
        check: Also run the sanity checks of the maps, which takes some minutes.
        dataset: Folder of the dataset, if it was moved since the training.

    Raises:
        RunError: the run folder is missing or damaged.
        BundleError: the run has no bundle, or the dataset has another preparation recipe.
        DatasetError: the dataset is missing or damaged, or has changed since the training.
        FileError: another process writes the run folder.
    """
    source = open_run_pairs(run, method=recipe.method, dataset=dataset)
    with only_writer(run), replaced_result(run, earlier=EXPLANATION_FILES) as new:
        answers = read_answers(source, recipe)
        write_table(new / "contributions.csv", answers)
        classes = choose_examples(source, answers, recipe)
        checks = run_checks(source, recipe) if check else None
        images = _draw_galleries(new / "figures", classes, source)
        if checks is not None:
            write_table(new / f"{PREFIX}deletion.csv", deletion_table(checks))
            write_table(new / f"{PREFIX}randomisation.csv", randomisation_table(checks))
            images |= _draw_checks(new / "figures", checks, recipe)
        page = page_html(run, source, classes, checks, images=images, recipe=recipe)
        write_text(new / "explain.html", page)
    return RunExplanation(run / "explain.html", classes, checks)


def _draw_galleries(folder: Path, classes: list[ClassExamples], source: RunPairs) -> dict[str, Path]:
    images = {}
    words = (f"{one.name.lower().replace(' ', '_')}.png" for one in classes)
    for one, word in zip(classes, unique_ids(words), strict=True):
        for kind, examples in (("correct", one.correct), ("wrong", one.wrong)):
            if examples:
                figure = examples_figure(examples, source.pairs.labels)
                images[f"{one.name}_{kind}"] = save(figure, folder / f"{PREFIX}{word}_{kind}.png")
    return images


def _draw_checks(folder: Path, checks: SanityChecks, recipe: ExplainRecipe) -> dict[str, Path]:
    deletions = [one for one in checks.deletions if one.method == recipe.method]
    [randomisation] = [one for one in checks.randomisations if one.method == recipe.method]
    figures = {f"deletion_{one.stream}": deletion_figure(one) for one in deletions}
    figures["randomisation"] = randomisation_figure(randomisation)
    return {name: save(figure, folder / f"{PREFIX}{name}.png") for name, figure in figures.items()}
