"""Comparisons of existing runs, and of models measured on their test people."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from ferfusion.errors import ConfigError, RunError
from ferfusion.evaluation.measured import Measured, Measurement
from ferfusion.evaluation.plots import Bars, interval_figure
from ferfusion.evaluation.recipe import EvaluateRecipe
from ferfusion.evaluation.restricted import on_labels, shared_classes_line, shared_labels
from ferfusion.evaluation.run_folder import RunFolder, read_run
from ferfusion.evaluation.scoring import LEVELS, Scored, Scores, score_measured
from ferfusion.files import write_text
from ferfusion.models.config import ModelConfig
from ferfusion.outputs import only_writer, replaced_result
from ferfusion.parts import ALL
from ferfusion.reporting.pages import render_page
from ferfusion.reporting.style import save
from ferfusion.reporting.words import listed
from ferfusion.studies.comparison_text import cautions, lead
from ferfusion.studies.equivalent_variants import equivalence_lines, equivalent_pairs
from ferfusion.studies.model_names import distinct_names
from ferfusion.studies.model_text import dataset_words, sentences_of
from ferfusion.studies.published import CAVEAT, SOURCE, PublishedRow, published_row
from ferfusion.studies.run_differences import differences, videos_tested
from ferfusion.tables import write_table

PART = "test"
_FILES = ("comparison.html", "comparison.csv", "figures/comparison_*.png")


@dataclass(frozen=True)
class Compared:
    """One run or model of a comparison, under a unique name.

    Attributes:
        name: Name of its folder or file, with those of folders above where two are the same.
        scored: Its scores on the classes that all have.
        whole: The run, or the model's measurement, on all of its classes.
    """

    name: str
    scored: Scored[Measured]
    whole: RunFolder | Measurement

    @property
    def published(self) -> PublishedRow | None:
        """The report's row for this fusion, if it has one and the dataset is BAUM-1."""
        if self.run is None:
            return None
        corpus = str(self.run.section("dataset").get("corpus", ""))
        kind, fusion = (str(self.model[key]) for key in ("architecture", "fusion"))
        return published_row(architecture=kind, fusion=fusion, corpus=corpus)

    @property
    def run(self) -> RunFolder | None:
        """The run folder; None for a model."""
        return self.whole if isinstance(self.whole, RunFolder) else None

    @property
    def part(self) -> str:
        """The tested part."""
        return PART if isinstance(self.whole, RunFolder) else self.whole.part

    @property
    def model(self) -> Mapping[str, Any]:
        """Settings of the network; empty if they are not known."""
        return {} if self.run is None else self.run.section("model")

    @property
    def variant(self) -> str:
        """The network in a few words, or the name of the model's file."""
        return self.whole.variant if isinstance(self.whole, RunFolder) else self.whole.model

    @property
    def video(self) -> Scores:
        """Scores of the tested part per video."""
        return self.scored.of(self.part, "video")

    @property
    def pair(self) -> Scores:
        """Scores of the tested part per pair."""
        return self.scored.of(self.part, "pair")

    @property
    def parameters(self) -> int | None:
        """Number of values that training changes; None if it is not known."""
        return None if self.run is None else self.run.parameters

    @property
    def minutes(self) -> float | None:
        """Training time; None if it is not known."""
        return None if self.run is None else self.run.seconds / 60

    @property
    def protocol(self) -> str:
        """How its predictions were made, in a line or two."""
        if isinstance(self.whole, RunFolder):
            return self.whole.protocol
        where = dataset_words(self.whole)
        people = self.whole.people_line
        return f"Protocol: {where} was predicted once; nothing was trained or chosen here. {people}"


@dataclass(frozen=True)
class Comparison:
    """Several runs and models, and the reasons why some cannot be compared.

    Attributes:
        runs: The runs and models, in the order of the call.
        warnings: Reasons why scores of some cannot be compared with those of others.
        equivalences: Sentences that name runs whose networks can compute the same functions.
        classes_line: Which classes are scored, if not all have the same; else empty.
        recipe: Settings of all scores.
    """

    runs: tuple[Compared, ...]
    warnings: tuple[str, ...]
    equivalences: tuple[str, ...]
    classes_line: str
    recipe: EvaluateRecipe

    @property
    def noun(self) -> str:
        """What is compared: runs only, or models."""
        return "run" if all(run.run for run in self.runs) else "model"

    @property
    def tested(self) -> str:
        """The tested part as a title."""
        parts = {run.part for run in self.runs}
        return {PART: "Test part", ALL: "Whole dataset"}[parts.pop()] if len(parts) == 1 else "Tested people"

    @property
    def lead(self) -> tuple[str, ...]:
        """Which run has the highest UAR, and whether the difference may be chance, a sentence each."""
        confidence = f"{100 * self.recipe.confidence:g}\N{NO-BREAK SPACE}%"
        return tuple(
            lead(
                {run.name: run.video for run in self.runs},
                confidence=confidence,
                noun=self.noun,
                rules={run.name: run.scored.measured.majority_rule for run in self.runs},
            )
        )

    @property
    def cautions(self) -> tuple[str, ...]:
        """Cautions about all scores, a sentence or two each."""
        measured = {run.name: run.whole for run in self.runs if isinstance(run.whole, Measurement)}
        classes = [self.classes_line] if self.classes_line else []
        of_all = cautions({run.name: run.video for run in self.runs}, noun=self.noun)
        return (*classes, *of_all, *sentences_of(measured))

    @property
    def protocol(self) -> str:
        """How the parts were divided and how the epochs were chosen, in a line for each kind of run."""
        runs_of: dict[str, list[str]] = {}
        for run in self.runs:
            runs_of.setdefault(run.protocol, []).append(run.name)
        if len(runs_of) == 1:
            return self.runs[0].protocol
        kinds = {protocol.removeprefix("Protocol: "): names for protocol, names in runs_of.items()}
        return f"Protocol: {' '.join(f'{listed(names)}: {text}' for text, names in kinds.items())}"

    @property
    def has_published(self) -> bool:
        """Whether a run has a row in the report."""
        return any(run.published for run in self.runs)


def compare_runs(
    paths: Sequence[Path],
    recipe: EvaluateRecipe | None = None,
    *,
    measurements: Mapping[Path, Measurement] = MappingProxyType({}),
) -> Comparison:
    """Read and score several run folders, and models that were measured.

    All are scored on the classes that all have. If these are fewer than two, each is scored on its own.

    Args:
        paths: Run folders, and files of models.
        recipe: Settings of the scores.
        measurements: By its file, the measurement of each model.

    Raises:
        ConfigError: fewer than two different runs or models were given.
        RunError: a run is missing or damaged, or has no test predictions.
    """
    check_several(paths)
    recipe = recipe or EvaluateRecipe()
    names = distinct_names([path.absolute() for path in paths])
    several = {
        name: measurements[path] if path in measurements else _tested(path)
        for name, path in zip(names, paths, strict=True)
    }
    labels = shared_labels(list(several.values()))
    runs = tuple(
        Compared(name, score_measured(on_labels(one, labels or one.labels), recipe), one)
        for name, one in several.items()
    )
    warnings = differences({run.name: run.scored for run in runs})
    line = shared_classes_line(several, labels) if labels else ""
    return Comparison(runs, tuple(warnings), tuple(equivalences_of(runs)), line, recipe)


def check_several(paths: Sequence[Path]) -> None:
    """Refuse a comparison of fewer than two.

    Raises:
        ConfigError: fewer than two different runs or models were given.
    """
    if len({path.resolve() for path in paths}) < max(len(paths), 2):
        given = ", ".join(map(str, paths)) or "none"
        raise ConfigError(f"compare needs two or more different runs or models, got {given}")


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
    """Draw UAR and WAR of each run and model, at one level."""
    names = [run.name for run in comparison.runs]
    scores = [run.scored.of(run.part, level) for run in comparison.runs]
    uars, wars = (tuple(getattr(one, metric) for one in scores) for metric in ("uar", "war"))
    bars = [Bars("UAR", uars), Bars("WAR", wars)]
    return interval_figure(names, bars, title=f"UAR and WAR per {level}", subtitle=comparison.tested.lower())


def comparison_table(comparison: Comparison) -> pd.DataFrame:
    """Return a row per run and model: network, cost, and test scores with intervals."""
    first = comparison.runs[0]
    rows = []
    for run in comparison.runs:
        row: dict[str, Any] = {
            "run": run.name,
            **{key: run.model.get(key) for key in ("architecture", "fusion", "stream")},
            "parameters": run.parameters,
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
                row[f"{prefix}_baseline"] = estimate.baseline
        if comparison.has_published:
            row["published_accuracy"] = run.published.accuracy if run.published else None
        rows.append(row)
    return pd.DataFrame(rows)


def equivalences_of(runs: Sequence[Compared]) -> list[str]:
    """Return a sentence for each group of equivalent runs whose network settings differ.

    Runs with settings that this version does not know are left out.
    """
    configs: dict[str, ModelConfig] = {}
    for run in runs:
        if run.run is None:
            continue
        try:
            configs[run.name] = ModelConfig.from_dict(dict(run.model))
        except ConfigError:
            continue
    found = equivalent_pairs(configs, num_classes=len(runs[0].whole.labels))
    return equivalence_lines([each for each in found if configs[each.first] != configs[each.second]])


def _tested(path: Path) -> RunFolder:
    """Read a run, and check that it has test predictions."""
    run = read_run(path)
    if PART not in run.parts:
        raise RunError(f"{run.title} has no {PART} predictions; it has {', '.join(run.parts)}")
    return run


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
