"""The report of a study: one self-contained page, and its tables as CSV."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from ferfusion.evaluation.confusions import KINDS
from ferfusion.evaluation.multiplicity import group_letters
from ferfusion.evaluation.predictions import video_level
from ferfusion.evaluation.report_page import flat_settings
from ferfusion.evaluation.statistics_tables import comparisons_table, variants_table
from ferfusion.files import write_json, write_text
from ferfusion.label_set import LabelSet
from ferfusion.outputs import replaced_result
from ferfusion.reporting.pages import minutes_text, render_page
from ferfusion.reporting.words import counted
from ferfusion.studies.equivalent_variants import equivalence_lines
from ferfusion.studies.figures import draw_figures
from ferfusion.studies.findings import (
    Findings,
    classes_table,
    costs_table,
    error_patterns_table,
    gather,
    numbered_first,
    people_of_study,
    pooled_predictions,
)
from ferfusion.studies.published import CAVEAT, SOURCE
from ferfusion.studies.results import Results, Tested
from ferfusion.studies.study import Study
from ferfusion.studies.study_folder import REPORT_FILES, TABLES, StudyFolder, files_beside_page
from ferfusion.studies.study_text import StudySize, baseline, cautions, protocol, question, verdict
from ferfusion.tables import write_table


def finish_study(study: Study) -> Path:
    """Write the tables, the figures and the page of a finished study; return the page's path.

    They replace those of an earlier report together. The study's folder is held by ``only_writer``.

    Raises:
        RunError: a run is missing or damaged.
    """
    findings = gather(study)
    with replaced_result(study.folder, earlier=REPORT_FILES) as new:
        files = StudyFolder(new)
        write_results(findings, files, costs=costs_table(findings))
        write_json(files.summary_file, study_summary(findings))
        images = draw_figures(findings, files.figures)
        write_text(files.page_file, study_page(findings, images))
    return StudyFolder(study.folder).page_file


def write_results(findings: Results, files: StudyFolder, **further: pd.DataFrame) -> None:
    """Write the tables of a study of variants or of models, with the test predictions of each of them.

    Args:
        findings: What to write.
        files: The study's folder.
        further: Further tables by name.
    """
    tables = {
        "variants": variants_table(findings.statistics),
        "comparisons": comparisons_table(findings.statistics),
        "classes": classes_table(findings),
        "error_patterns": error_patterns_table(findings),
        "people": people_of_study(findings),
        **findings.people.tables,
        **further,
    }
    for name, table in tables.items():
        columns = table.columns if len(table) else list(TABLES[name])  # one variant has no comparison
        write_table(files.table_file(name), table.reindex(columns=columns), float_format=None)
    for one in findings.variants:
        write_predictions(one, files, labels=findings.statistics.labels)


def write_predictions(one: Tested, files: StudyFolder, *, labels: LabelSet) -> None:
    """Write the pooled test predictions of a variant, a row per pair and a row per video."""
    pairs = pooled_predictions(one)
    write_table(files.predictions_file(one.name, "pair"), pairs)
    videos = []
    for seed, rows in enumerate(one.predictions):
        of_seed = video_level(rows, labels=labels).drop(columns="part").assign(seed=seed)
        if "fold" in rows:
            of_seed["fold"] = of_seed["video"].map(rows.groupby("video")["fold"].first())
        videos.append(of_seed)
    joined = numbered_first(pd.concat(videos, ignore_index=True))
    write_table(files.predictions_file(one.name, "video"), joined, float_format=None)


def study_page(findings: Findings, images: Mapping[str, Path]) -> str:
    """Return the page; ``images`` are PNG files by the name that the template knows."""
    statistics, plan, summary = findings.statistics, findings.study.plan, study_summary(findings)
    trainings = sum(len(each.runs) for each in findings.variants)
    minutes = sum(sum(each.minutes) for each in findings.variants)
    deciding = statistics.family("video", "uar")
    rows = {
        level: [each for each in statistics.variants if each.level == level] for level in ("video", "pair")
    }
    return render_page(
        "study.html.j2",
        images=images,
        findings=findings,
        statistics=statistics,
        rows=rows,
        question=question(statistics),
        deciding=deciding,
        letters=group_letters(deciding.groups),
        summary=summary,
        plan=plan,
        notes=[*summary["equivalences"], *summary["cautions"]],
        error_patterns=error_patterns_table(findings).to_dict("records"),
        kinds=[kind for kind in KINDS if kind.applies_to(statistics.labels)],
        majority=statistics.labels.names[findings.majority_code],
        num_present=int((statistics.scores("video")[0].confusion.sum(axis=1) > 0).sum()),
        confidence=f"{100 * statistics.recipe.confidence:g}\N{NO-BREAK SPACE}%",
        cost=f"{counted(trainings, 'training')} took {minutes_text(60 * minutes)} of computing.",
        source=SOURCE,
        caveat=CAVEAT,
        has_published=findings.has_published,
        settings=settings(findings),
        people=findings.people.page,
        several_seeds=plan.seeds > 1,
        files=files_beside_page(REPORT_FILES, tables=findings.people.tables),
    )


def size_of(findings: Findings) -> StudySize:
    """Return what the sentences need to know beside the statistics."""
    codes, names = findings.majority_codes, findings.statistics.labels.names
    return StudySize(
        folds=findings.study.plan.folds,
        variants=len(findings.study.variants),
        majority=names[codes[0]] if len(codes) == 1 else None,
        majority_rule=findings.majority_rule,
        people_known=findings.variants[0].runs[0].people_known,
    )


def study_summary(findings: Findings) -> dict[str, Any]:
    """Return the sentences of the page, for ``summary.json``."""
    statistics, size = findings.statistics, size_of(findings)
    return {
        "verdict": verdict(statistics, size),
        "protocol": protocol(statistics, size),
        "baseline": baseline(size),
        "cautions": cautions(statistics, size),
        "equivalences": equivalence_lines(findings.study.equivalences),
        "confidence": statistics.recipe.confidence,
        "people": findings.people.lines,
    }


def settings(findings: Findings) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return the settings that all variants share, and those in which each differs."""
    variants = findings.study.variants
    models = [each.model.to_dict() for each in variants]
    recipes = [each.recipe.to_dict() for each in variants]
    groups = []
    for title, dicts in (("Model, shared", models), ("Training, shared", recipes)):
        shared = {key: value for key, value in dicts[0].items() if all(d[key] == value for d in dicts)}
        shared.pop("seed", None)
        groups.append((title, flat_settings(shared)))
    for variant, model, recipe in zip(variants, models, recipes, strict=True):
        own = {
            key: value
            for one, all_of in ((model, models), (recipe, recipes))
            for key, value in one.items()
            if any(other[key] != value for other in all_of)
        }
        groups.append((variant.name, flat_settings(own)))
    groups.append(("Preparation", flat_settings(findings.study.dataset.recipe.to_dict())))
    return groups
