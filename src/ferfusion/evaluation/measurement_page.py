"""The report of a measurement: a model on a dataset that need not be that of its training."""

from dataclasses import asdict

from ferfusion.evaluation.measured import Measurement
from ferfusion.evaluation.report_page import PartSize, Story, flat_settings
from ferfusion.evaluation.scoring import Scored
from ferfusion.parts import part_title, part_words


def measurement_story(scored: Scored[Measurement]) -> Story:
    """Return what the report of a measurement tells beside its scores."""
    measured = scored.measured
    pairs = scored.of(measured.part, "pair")
    summary = measured.summary()
    # a shared page has no path of the machine
    dataset = summary["dataset"] | {"path": measured.dataset.resolve().name}
    groups = {
        "Model": summary["model"],
        "Dataset": dataset | {"labels": list(measured.labels.names)},
        "Evaluation": asdict(scored.recipe),
    }
    return Story(
        kind="a model measured on a dataset",
        title=measured.title,
        subtitle=f"Dataset {measured.dataset.resolve().name}, corpus {measured.corpus}",
        unseen=measured.unseen,
        steps=[
            f"The model predicted {part_words(measured.part)} once; nothing was trained or chosen here.",
            measured.people_line,
            *measured.notes,
            *([] if measured.people_known else [_UNKNOWN_PEOPLE]),
        ],
        sizes=[PartSize(part_title(measured.part), pairs.subjects, pairs.videos, pairs.rows)],
        best_epoch=None,
        settings=[(title, flat_settings(group)) for title, group in groups.items()],
        repeats="The same model and dataset repeat the scores.",
        files=(
            "measurement.json, predictions.csv, scores.csv, per_class.csv, confusion_*.csv, "
            "predictions_videos.csv, people.csv and figures/; of a dataset that has them also votes.csv and "
            "subjects.csv."
        ),
    )


_UNKNOWN_PEOPLE = "The people in the images are unknown: each image counts as a video and as a person."
