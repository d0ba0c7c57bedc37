"""The sentences of a study of models that are not trained."""

from collections.abc import Mapping, Sequence
from typing import Any

from ferfusion.evaluation.learned import baseline_rule
from ferfusion.evaluation.measured import Measurement
from ferfusion.evaluation.statistics import StudyStatistics
from ferfusion.parts import ALL, part_words
from ferfusion.reporting.words import counted, listed
from ferfusion.studies.model_findings import ModelsFindings
from ferfusion.studies.study_text import StudySize, cautions, verdict


def models_summary(findings: ModelsFindings) -> dict[str, Any]:
    """Return the sentences of the page, for ``summary.json``."""
    statistics = findings.statistics
    size = StudySize(
        folds="subjects",  # each person is tested as often as can be
        variants=len(findings.variants),
        majority=statistics.labels.names[findings.majority_code],
        people_known=findings.measurement.people_known,
        noun="model",
        part=findings.measurement.part,
    )
    of_each = sentences_of({model.name: model.measurement for model in findings.variants})
    return {
        "verdict": verdict(statistics, size),
        "protocol": models_protocol(findings),
        "baseline": baseline_rule(f"always {size.majority}, {findings.majority_rule}"),
        "cautions": [*_classes(findings), *cautions(statistics, size), *_home(findings), *of_each],
        "equivalences": [],
        "confidence": statistics.recipe.confidence,
        "people": findings.people.lines,
    }


def models_question(statistics: StudyStatistics) -> str:
    """Return the question of a study of models."""
    models = statistics.scores("video")
    if len(models) == 1:
        return f"How well does {models[0].name} recognise expressions?"
    return f"Which of {len(models)} models is better, and is the difference significant?"


def models_protocol(findings: ModelsFindings) -> str:
    """Return who was tested, and what is known of whether the models have learned from them."""
    statistics, measured = findings.statistics, findings.measurement
    people = (
        f"{counted(statistics.subjects, 'person')} ({counted(statistics.videos, 'video')})"
        if measured.people_known
        else f"{counted(statistics.videos, 'image')} of unknown people"
    )
    number = len(findings.variants)
    all_of_them = {1: "The model", 2: "Both models"}.get(number, f"All {number} models")
    start = (
        f"{all_of_them} predicted {people} of {dataset_words(measured)} once; nothing was trained, and "
        "nothing was chosen."
    )
    lines: dict[str, list[str]] = {}
    for model in findings.variants:
        lines.setdefault(model.measurement.people_line, []).append(model.name)
    known = [f"{listed(names)}: {_lower_first(line)}" for line, names in lines.items()]
    return " ".join((start, *known))


def dataset_words(measurement: Measurement) -> str:
    """Return the measured part and the name of its dataset as words of a sentence."""
    between = " " if measurement.part == ALL else " of "
    return f"{part_words(measurement.part)}{between}{measurement.dataset.resolve().name}"


def sentences_of(measurements: Mapping[str, Measurement]) -> list[str]:
    """Return the cautions and notes of measurements, each with the models that it is about."""
    found: dict[str, list[str]] = {}
    for name, one in measurements.items():
        for sentence in (*one.cautions, *one.notes):
            found.setdefault(sentence, []).append(name)
    return [f"{listed(names)}: {_lower_first(sentence)}" for sentence, names in found.items()]


def _classes(findings: ModelsFindings) -> list[str]:
    return [findings.classes_line] if findings.classes_line else []


def _home(findings: ModelsFindings) -> list[str]:
    """Return a caution if only some of the models have learned from people of this corpus."""
    at_home = [model.name for model in findings.variants if model.knows_corpus]
    others = [model.name for model in findings.variants if not model.knows_corpus]
    if not at_home or not others:
        return []
    tested_apart = [
        model.name for model in findings.variants if model.name in at_home and model.measurement.unseen
    ]
    unsure = [name for name in at_home if name not in tested_apart]
    learned = []
    if tested_apart:
        learned.append(f"{_have(tested_apart)} learned from other people of this corpus")
    if unsure:
        learned.append(
            f"{_have(unsure)} learned from this corpus and may have learned from these people (which ones is "
            "not known)"
        )
    return [
        f"{', '.join(learned)}, {_have(others)} not, as far as is known: its camera, light and task are "
        f"familiar to {listed(at_home)} only. On another corpus, the order may be another."
    ]


def _have(names: Sequence[str]) -> str:
    return f"{listed(names)} {'has' if len(names) == 1 else 'have'}"


def _lower_first(sentence: str) -> str:
    """Return a sentence as it stands after a colon."""
    return sentence[0].lower() + sentence[1:]
