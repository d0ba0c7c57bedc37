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
from ferfusion.evaluation.scoring import LEVELS, RunScores, Scores, score_run
from ferfusion.files import printable, write_text
from ferfusion.models.config import ModelConfig
from ferfusion.outputs import only_writer, replaced_result
from ferfusion.reporting.pages import render_page
from ferfusion.reporting.style import save
from ferfusion.studies.equivalent_variants import equivalence_lines, equivalent_pairs
from ferfusion.studies.published import CAVEAT, PUBLISHED, SOURCE, PublishedRow
from ferfusion.tables import write_table

PART = "test"
_FILES = ("comparison.html", "comparison.csv", "figures/comparison_*.png")


@dataclass(frozen=True)
class ComparedRun:
    """One run of a comparison, under a unique name.

    Attributes:
        name: Its folder's name, or its path where two folders have the same name.
        scored: The run and its scores.
        published: The report's row for this fusion, if it has one.
    """

    name: str
    scored: RunScores
    published: PublishedRow | None

    @property
    def run(self) -> RunFolder:
        """The run folder."""
        return self.scored.run

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
    return Comparison(runs, tuple(differences(runs)), tuple(equivalences_of(runs)), recipe)


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
            "same_test_videos_as_first": _test_videos(run) == _test_videos(first),
        }
        for scores in (run.video, run.pair):
            for metric, estimate in scores.estimates.items():
                prefix = f"{scores.level}_{metric}"
                row[prefix] = estimate.value
                row[f"{prefix}_low"] = estimate.interval.low
                row[f"{prefix}_high"] = estimate.interval.high
                row[f"{prefix}_baseline"] = estimate.majority
        row["published_accuracy"] = run.published.accuracy if run.published else None
        rows.append(row)
    return pd.DataFrame(rows)


def differences(runs: Sequence[ComparedRun]) -> list[str]:
    """Return a sentence for each run whose classes or test videos differ from those of the first."""
    first, found = runs[0], []
    for run in runs[1:]:
        if run.run.labels != first.run.labels:
            found.append(
                f"{run.name} and {first.name} do not have the same classes: "
                f"{', '.join(run.run.labels.names)} against {', '.join(first.run.labels.names)}."
            )
        if only := len(_test_videos(run) ^ _test_videos(first)):
            found.append(
                f"{run.name} and {first.name} do not have the same test videos ({only} are in one of the two "
                "only): a difference between their scores may come from the videos."
            )
    return found


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
    run = read_run(path)
    model = run.section("model")
    published = PUBLISHED.get(str(model.get("fusion"))) if model.get("architecture") == "two-stream" else None
    compared = ComparedRun(printable(name), score_run(run, recipe), published)
    compared.scored.of(PART, "video")  # a run without test predictions fails here
    return compared


def _test_videos(run: ComparedRun) -> set[tuple[str, str]]:
    videos = run.scored.videos
    tested = videos[videos["part"] == PART]
    return set(zip(tested["video"], tested["emotion"], strict=True))


def _page(comparison: Comparison, images: Mapping[str, Path]) -> str:
    best = max(comparison.runs, key=lambda run: run.video.uar.value)
    near = [run for run in comparison.runs if run is not best and _overlap(run.video, best.video)]
    return render_page(
        "comparison.html.j2",
        images=images,
        comparison=comparison,
        best=best,
        near=near,
        confidence=f"{100 * comparison.recipe.confidence:g}\N{NO-BREAK SPACE}%",
        source=SOURCE,
        caveat=CAVEAT,
        has_published=any(run.published for run in comparison.runs),
    )


def _overlap(first: Scores, second: Scores) -> bool:
    """Return whether the UAR intervals overlap; an unknown interval overlaps with every other."""
    apart = (
        first.uar.interval.high < second.uar.interval.low or second.uar.interval.high < first.uar.interval.low
    )
    return not apart
