"""The sentences of a study of models that are not trained."""

from typing import Any

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
    return {
        "verdict": verdict(statistics, size),
        "protocol": models_protocol(findings),
        "baseline": f"Majority baseline: always {size.majority}, {findings.majority_rule}.",
        "cautions": [*_classes(findings), *cautions(statistics, size), *_of_models(findings)],
        "equivalences": [],
        "confidence": statistics.recipe.confidence,
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
    between = " " if measured.part == ALL else " of "
    where = f"{part_words(measured.part)}{between}{measured.dataset.resolve().name}"
    start = f"{all_of_them} predicted {people} of {where} once; nothing was trained, and nothing was chosen."
    lines: dict[str, list[str]] = {}
    for model in findings.variants:
        lines.setdefault(model.measurement.people_line, []).append(model.name)
    known = [f"{listed(names)}: {_lower_first(line)}" for line, names in lines.items()]
    return " ".join((start, *known))


def _classes(findings: ModelsFindings) -> list[str]:
    return [findings.classes_line] if findings.classes_line else []


def _of_models(findings: ModelsFindings) -> list[str]:
    """Return the cautions and notes of the measurements, with the models that each is about."""
    found: dict[str, list[str]] = {}
    for model in findings.variants:
        for sentence in (*model.measurement.cautions, *model.measurement.notes):
            found.setdefault(sentence, []).append(model.name)
    return [
        *_home(findings),
        *(f"{listed(names)}: {_lower_first(sentence)}" for sentence, names in found.items()),
    ]


def _home(findings: ModelsFindings) -> list[str]:
    """Return a caution if only some of the models have learned from other people of this corpus."""
    at_home = [model.name for model in findings.variants if model.knows_corpus]
    others = [model.name for model in findings.variants if not model.knows_corpus]
    if not at_home or not others:
        return []
    have = "has" if len(at_home) == 1 else "have"
    have_not = "has not" if len(others) == 1 else "have not"
    return [
        f"{listed(at_home)} {have} learned from other people of this corpus, {listed(others)} {have_not}, as "
        f"far as is known: its camera, light and task are familiar to {listed(at_home)} only. On another "
        "corpus, the order may be another."
    ]


def _lower_first(sentence: str) -> str:
    """Return a sentence as it stands after a colon."""
    return sentence[0].lower() + sentence[1:]
