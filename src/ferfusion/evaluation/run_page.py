"""The report of a run: its protocol, its parts and its settings."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from ferfusion.evaluation.report_page import PartSize, Story, flat_settings, without_place
from ferfusion.evaluation.run_folder import RunFolder
from ferfusion.evaluation.scoring import Scored
from ferfusion.reporting.pages import minutes_text


def run_story(scored: Scored[RunFolder]) -> Story:
    """Return what the report of a run tells beside its scores."""
    run = scored.measured
    minutes = minutes_text(run.seconds)
    return Story(
        kind="evaluation of one training run",
        title=run.path.resolve().name,
        subtitle=f"{run.variant}, {run.parameters:,} parameters, trained in {minutes}",
        unseen=scored.scores[0].part == "test",
        steps=_steps(run),
        sizes=part_sizes(scored),
        best_epoch=run.best_epoch,
        settings=_settings(run, asdict(scored.recipe)),
        repeats="The same settings, dataset and split repeat the run.",
        files=(
            "scores.csv, per_class.csv, confusion_*.csv, predictions_videos.csv and figures/. "
            "ferfusion evaluate makes all of them from predictions.csv and metrics.csv, without the model."
        ),
    )


def _steps(run: RunFolder) -> list[str]:
    has_test = "test" in run.parts
    if not run.people_known:
        what = "test part" if has_test else "split"
        official = f"The {what} is the official one of the corpus. " if run.has_official_parts_only else ""
        division = (
            f"{official}The people in the images are unknown: the same person may be in two parts, though no "
            "image is. Each image counts as a video and as a person."
        )
    else:
        division = (
            f"The people were divided into {'three' if has_test else 'two'} parts, each person with all of "
            "their videos. Nobody is in two parts, so the model cannot gain by recognising a person."
        )
    return [
        division,
        "The model learned from the training part only.",
        f"After each epoch it was scored on the validation part, and epoch {run.best_epoch} was kept. Its "
        "validation scores are therefore slightly too high.",
        "The test part was predicted once, at the end, with the weights of the kept epoch. It made no "
        "choice. All scores on this page are computed from that table of predictions."
        if has_test
        else "There is no test part: the part that chose the epoch is also the one that is scored.",
    ]


def part_sizes(scored: Scored[RunFolder]) -> list[PartSize]:
    """Return the size of each part: of the training part from the settings, of others from predictions."""
    run = scored.measured
    sizes = {part: scored.of(part, "pair") for part in run.parts}
    rows = [
        PartSize(part, pairs.subjects, pairs.videos, pairs.rows)
        for part in ("validation", "test")
        if (pairs := sizes.get(part))
    ]
    train = PartSize(
        "training",
        run.section("subjects")["train"],
        run.section("videos")["train"],
        sum(run.class_counts("train").values()),
    )
    return [train, *rows]


def _settings(run: RunFolder, evaluation: Mapping[str, Any]) -> list[tuple[str, list[tuple[str, str]]]]:
    groups = {
        "Model": run.section("model"),
        "Training": run.section("recipe"),
        "Dataset": without_place(run.section("dataset")),
        "Evaluation": evaluation,
    }
    return [(title, flat_settings(group)) for title, group in groups.items() if group]
