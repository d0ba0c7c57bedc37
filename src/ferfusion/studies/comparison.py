"""Comparisons of existing runs."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from ferfusion.errors import ConfigError
from ferfusion.evaluation.plots import Bars, interval_figure
from ferfusion.evaluation.recipe import EvaluateRecipe
from ferfusion.evaluation.run_folder import RunFolder, read_run
from ferfusion.evaluation.scoring import LEVELS, Scored, Scores, score_measured
from ferfusion.files import printable, write_text
from ferfusion.models.config import ModelConfig
from ferfusion.outputs import only_writer, replaced_result
from ferfusion.reporting.pages import render_page
from ferfusion.reporting.style import save
from ferfusion.reporting.words import listed
from ferfusion.studies.comparison_text import cautions, lead
from ferfusion.studies.equivalent_variants import equivalence_lines, equivalent_pairs
from ferfusion.studies.published import CAVEAT, SOURCE, PublishedRow, published_row
from ferfusion.studies.run_differences import PART, differences, videos_tested
from ferfusion.tables import write_table

_FILES = ("comparison.html", "comparison.csv", "figures/comparison_*.png")


@dataclass(frozen=True)
class ComparedRun:
    """One run of a comparison, under a unique name.

    Attributes:
        name: Its folder's name, or its path where two folders have the same name.
        scored: The run and its scores.
    """

    name: str
    scored: Scored[RunFolder]

    @property
    def published(self) -> PublishedRow | None:
        """The report's row for this fusion, if it has one and the dataset is BAUM-1."""
        corpus = str(self.run.section("dataset").get("corpus", ""))
        kind, fusion = (str(self.model[key]) for key in ("architecture", "fusion"))
        return published_row(architecture=kind, fusion=fusion, corpus=corpus)

    @property
    def run(self) -> RunFolder:
        """The run folder."""
        return self.scored.measured

    @property
    def model(self) -> Mapping[str, Any]:
        """Settings of the network."""
        return self.run.section("model")

    @property
    def video(self) -> Scores:
        """Scores of the test part per video."""
        return self.scored.of(PART, "video")

    @property
    def pair(self) -> Scores:
        """Scores of the test part per pair."""
        return self.scored.of(PART, "pair")

    @property
    def minutes(self) -> float:
        """Training time."""
        return self.run.seconds / 60


@dataclass(frozen=True)
class Comparison:
    """Several runs, and the reasons why some cannot be compared.

    Attributes:
        runs: The runs, in the order of the call.
        warnings: Reasons why scores of some runs cannot be compared with those of others.
        equivalences: Sentences that name runs whose networks can compute the same functions.
        recipe: Settings of all scores.
    """

    runs: tuple[ComparedRun, ...]
    warnings: tuple[str, ...]
    equivalences: tuple[str, ...]
    recipe: EvaluateRecipe

    @property
    def lead(self) -> tuple[str, ...]:
        """Which run has the highest UAR, and whether the difference may be chance, a sentence each."""
        confidence = f"{100 * self.recipe.confidence:g}\N{NO-BREAK SPACE}%"
        return tuple(lead({run.name: run.video for run in self.runs}, confidence=confidence))

    @property
    def cautions(self) -> tuple[str, ...]:
        """Cautions about all scores, a sentence or two each."""
        return tuple(cautions({run.name: run.video for run in self.runs}))

    @property
    def protocol(self) -> str:
        """How the parts were divided and how the epochs were chosen, in a line for each kind of run."""
        runs_of: dict[str, list[str]] = {}
        for run in self.runs:
            runs_of.setdefault(run.run.protocol, []).append(run.name)
        if len(runs_of) == 1:
            return self.runs[0].run.protocol
        return " ".join(f"{listed(names)}: {protocol}" for protocol, names in runs_of.items())

    @property
    def has_published(self) -> bool:
        """Whether a run has a row in the report."""
        return any(run.published for run in self.runs)


def compare_runs(paths: Sequence[Path], recipe: EvaluateRecipe | None = None) -> Comparison:
    """Read and score several run folders.

    Raises:
        ConfigError: fewer than two different runs were given.
        RunError: a run is missing or damaged, or has no test predictions.
    """
    if len({path.resolve() for path in paths}) < max(len(paths), 2):
        raise ConfigError(
            f"compare needs two or more different runs, got {', '.join(map(str, paths)) or 'none'}"
        )
    recipe = recipe or EvaluateRecipe()
    uses = Counter(path.resolve().name for path in paths)
    runs = tuple(
        _compared(path, recipe, name=name if uses[name := path.resolve().name] == 1 else str(path))
        for path in paths
    )
    warnings = differences({run.name: run.scored for run in runs})
    return Comparison(runs, tuple(warnings), tuple(equivalences_of(runs)), recipe)


def write_comparison(comparison: Comparison, out: Path) -> Path:
    """Write ``comparison.csv``, ``figures/*.png`` and ``comparison.html``; return the page's path."""
    with only_writer(out), replaced_result(out, earlier=_FILES) as new:
        write_table(new / "comparison.csv", comparison_table(comparison), float_format=None)
        images = {
            f"comparison_{level}": save(
                comparison_figure(comparison, level), new / "figures" / f"comparison_{level}.png"
            )
            for level in LEVELS
        }
        write_text(new / "comparison.html", _page(comparison, images))
    return out / "comparison.html"


def comparison_figure(comparison: Comparison, level: str) -> Figure:
    """Draw UAR and WAR of each run on the test part, at one level."""
    names = [run.name for run in comparison.runs]
    scores = [run.scored.of(PART, level) for run in comparison.runs]
    uars, wars = (tuple(getattr(one, metric) for one in scores) for metric in ("uar", "war"))
    bars = [Bars("UAR", uars), Bars("WAR", wars)]
    return interval_figure(names, bars, title=f"UAR and WAR per {level}", subtitle="test part")


def comparison_table(comparison: Comparison) -> pd.DataFrame:
    """Return a row per run: model, cost, and test scores with intervals."""
    first = comparison.runs[0]
    rows = []
    for run in comparison.runs:
        row: dict[str, Any] = {
            "run": run.name,
            **{key: run.model.get(key) for key in ("architecture", "fusion", "stream")},
            "parameters": run.run.parameters,
            "minutes": run.minutes,
            "test_videos": run.video.videos,
            "test_subjects": run.video.subjects,
            "same_test_videos_as_first": videos_tested(run.scored).equals(videos_tested(first.scored)),
        }
        for scores in (run.video, run.pair):
            for metric, estimate in scores.estimates.items():
                prefix = f"{scores.level}_{metric}"
                row[prefix] = estimate.value
                row[f"{prefix}_low"] = estimate.interval.low
                row[f"{prefix}_high"] = estimate.interval.high
                row[f"{prefix}_baseline"] = estimate.majority
        if comparison.has_published:
            row["published_accuracy"] = run.published.accuracy if run.published else None
        rows.append(row)
    return pd.DataFrame(rows)


def equivalences_of(runs: Sequence[ComparedRun]) -> list[str]:
    """Return a sentence for each group of equivalent runs whose network settings differ.

    Runs with settings that this version does not know are left out.
    """
    configs: dict[str, ModelConfig] = {}
    for run in runs:
        try:
            configs[run.name] = ModelConfig.from_dict(dict(run.model))
        except ConfigError:
            continue
    found = equivalent_pairs(configs, num_classes=len(runs[0].run.labels))
    return equivalence_lines([each for each in found if configs[each.first] != configs[each.second]])


def _compared(path: Path, recipe: EvaluateRecipe, *, name: str) -> ComparedRun:
    compared = ComparedRun(printable(name), score_measured(read_run(path), recipe))
    compared.scored.of(PART, "video")  # a run without test predictions fails here
    return compared


def _page(comparison: Comparison, images: Mapping[str, Path]) -> str:
    return render_page(
        "comparison.html.j2",
        images=images,
        comparison=comparison,
        confidence=f"{100 * comparison.recipe.confidence:g}\N{NO-BREAK SPACE}%",
        source=SOURCE,
        caveat=CAVEAT,
        has_published=comparison.has_published,
    )
