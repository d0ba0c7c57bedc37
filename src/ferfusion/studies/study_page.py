"""The report of a study: one self-contained page, and its tables as CSV."""

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from ferfusion.evaluation.confusions import KINDS
from ferfusion.evaluation.multiplicity import group_letters
from ferfusion.evaluation.predictions import video_level
from ferfusion.evaluation.run_page import flat_settings
from ferfusion.evaluation.statistics_tables import comparisons_table, variants_table
from ferfusion.files import write_text
from ferfusion.labels import LabelSet
from ferfusion.outputs import replaced_result
from ferfusion.reporting.pages import render_page
from ferfusion.studies.equivalent_variants import equivalence_lines
from ferfusion.studies.figures import draw_figures
from ferfusion.studies.findings import (
    Findings,
    VariantFindings,
    classes_table,
    costs_table,
    error_patterns_table,
    gather,
    people_of_study,
    pooled_predictions,
    published,
)
from ferfusion.studies.published import CAVEAT, SOURCE
from ferfusion.studies.study import Study
from ferfusion.studies.study_folder import REPORT_FILES, TABLES, StudyFolder
from ferfusion.tables import write_table


def finish_study(study: Study) -> Path:
    """Write the tables, the figures and the page of a finished study; return the page's path.

    They replace those of an earlier report together. The study's folder is held by ``only_writer``.

    Raises:
        RunError: a run is missing or damaged.
    """
    findings = gather(study)
    tables = {
        "variants": variants_table(findings.statistics),
        "comparisons": comparisons_table(findings.statistics),
        "costs": costs_table(findings),
        "classes": classes_table(findings),
        "error_patterns": error_patterns_table(findings),
        "people": people_of_study(findings),
    }
    with replaced_result(study.folder, earlier=REPORT_FILES) as new:
        files = StudyFolder(new)
        for name, table in tables.items():
            columns = table.columns if len(table) else list(TABLES[name])  # one variant has no comparison
            write_table(files.table_file(name), table.reindex(columns=columns), float_format=None)
        for one in findings.variants:
            write_predictions(one, files, labels=findings.statistics.labels)
        images = draw_figures(findings, files.figures)
        write_text(files.page_file, study_page(findings, images))
    return StudyFolder(study.folder).page_file


def write_predictions(one: VariantFindings, files: StudyFolder, *, labels: LabelSet) -> None:
    """Write the pooled test predictions of a variant, a row per pair and a row per video."""
    pairs = pooled_predictions(one)
    write_table(files.predictions_file(one.name, "pair"), pairs)
    videos = [
        video_level(rows, labels=labels).drop(columns="part").assign(seed=seed)
        for seed, rows in enumerate(one.predictions)
    ]
    joined = pd.concat(videos, ignore_index=True)
    columns = ["seed", *joined.columns.drop("seed")]
    write_table(files.predictions_file(one.name, "video"), joined[columns], float_format=None)


def study_page(findings: Findings, images: Mapping[str, Path]) -> str:
    """Return the page; ``images`` are PNG files by the name that the template knows."""
    statistics, plan = findings.statistics, findings.study.plan
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
        best=rows["video"][0],
        deciding=deciding,
        letters=group_letters(deciding.groups),
        differing=[pair for pair in deciding.pairs if pair.differs],
        protocol=protocol(findings),
        plan=plan,
        notes=[*equivalence_lines(findings.study.equivalences), *cautions(findings)],
        error_patterns=error_patterns_table(findings).to_dict("records"),
        kinds=KINDS,
        majority=statistics.labels.names[findings.majority_code],
        confidence=f"{100 * statistics.recipe.confidence:g}\N{NO-BREAK SPACE}%",
        trainings=sum(len(each.runs) for each in findings.variants),
        minutes=sum(sum(each.minutes) for each in findings.variants),
        source=SOURCE,
        caveat=CAVEAT,
        published=published,
        has_published=any(published(each) for each in findings.study.variants),
        settings=settings(findings),
    )


def protocol(findings: Findings) -> str:
    """Return a text on the tested people, and on the people that chose the epoch."""
    folds, statistics = findings.study.plan.folds, findings.statistics
    people = f"{statistics.subjects} people ({statistics.videos} videos)"
    chosen = "Other people (the validation part) chose the epoch; the test part was read once, at the end."
    if folds == "0":
        return f"Tested on {people} that training never saw (one division of the subjects). {chosen}"
    way = (
        "each person was the test part once (leave one subject out)"
        if folds == "subjects"
        else f"the people were divided into {folds} folds, each of which was the test part once"
    )
    return f"Tested on {people}: {way}, with networks that never saw them. {chosen}"


def cautions(findings: Findings) -> list[str]:
    """Return the cautions about the verdicts, a sentence or two each."""
    statistics, found = findings.statistics, []
    if not statistics.can_find_a_difference:
        found.append(
            f"With {statistics.subjects} tested people and so many comparisons, no difference can be "
            "significant, however large. Test more people, or test all people with --folds."
        )
    if not statistics.has_several_seeds:
        found.append(
            "Each variant was trained once: the verdicts hold for these trained networks only. Another "
            "training may be better or worse by chance."
        )
    if len(findings.study.trained) < len(findings.study.variants):
        found.append("Of equivalent variants, only the first was trained; its results count for all of them.")
    return found


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
