"""The report of a study across corpora: one self-contained page, and its tables as CSV."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ferfusion.evaluation.report_page import flat_settings
from ferfusion.files import write_json, write_text
from ferfusion.outputs import replaced_result
from ferfusion.reporting.pages import minutes_text, render_page
from ferfusion.reporting.style import save
from ferfusion.reporting.words import counted
from ferfusion.studies.cross_figure import heat_map
from ferfusion.studies.cross_findings import (
    CrossFindings,
    cross_comparisons_table,
    cross_table,
    gather_cross,
)
from ferfusion.studies.cross_study import CrossStudy
from ferfusion.studies.cross_text import baseline, cautions, protocol, question, verdict
from ferfusion.studies.raters_and_groups import joined_tables
from ferfusion.studies.study_folder import CROSS_FILES, StudyFolder, files_beside_page
from ferfusion.tables import write_table


def finish_cross_study(study: CrossStudy) -> Path:
    """Write the tables, the heat maps and the page of a finished study across corpora; return the page.

    They replace those of an earlier report together. The study's folder is held by ``only_writer``.

    Raises:
        RunError: a run is missing or damaged.
    """
    findings = gather_cross(study)
    table = cross_table(findings)
    with replaced_result(study.folder, earlier=CROSS_FILES) as new:
        files = StudyFolder(new)
        write_table(files.table_file("cross"), table, float_format=None)
        write_table(
            files.table_file("cross_comparisons"), cross_comparisons_table(findings), float_format=None
        )
        write_table(files.table_file("cross_predictions"), findings.predictions, float_format=None)
        for name, rows in joined_tables(findings.people).items():
            write_table(files.table_file(f"cross_{name}"), rows, float_format=None)
        write_json(files.summary_file, cross_summary(findings))
        images = {
            metric: save(heat_map(table, metric=metric), files.figures / f"{metric}.png")
            for metric in ("uar", "war")
        }
        write_text(files.page_file, cross_page(findings, images))
    return StudyFolder(study.folder).page_file


def cross_summary(findings: CrossFindings) -> dict[str, Any]:
    """Return the sentences of the page, for ``summary.json``."""
    return {
        "verdict": verdict(findings),
        "protocol": protocol(findings),
        "baseline": baseline(findings),
        "cautions": cautions(findings),
        "equivalences": [],
        "confidence": findings.recipe.confidence,
        "people": [f"{name}: {line}" for name, each in findings.people.items() for line in each.lines],
    }


def cross_page(findings: CrossFindings, images: Mapping[str, Path]) -> str:
    """Return the page; ``images`` are PNG files by the name that the template knows."""
    study, runs = findings.study, [run for of_division in findings.runs for run in of_division]
    minutes = minutes_text(sum(run.seconds for run in runs))
    return render_page(
        "cross_study.html.j2",
        images=images,
        findings=findings,
        question=question(findings),
        summary=cross_summary(findings),
        deciding=[each for each in findings.comparisons if each.metric == "uar"],
        confidence=f"{100 * findings.recipe.confidence:g}\N{NO-BREAK SPACE}%",
        cost=f"{counted(len(runs), 'training')} took {minutes} of computing.",
        sources=study.pooled.sources,
        left_out=study.pooled.left_out,
        settings=[
            ("Model", flat_settings(study.variant.model.to_dict())),
            (
                "Training",
                [each for each in flat_settings(study.variant.recipe.to_dict()) if each[0] != "seed"],
            ),
            ("Preparation", flat_settings(study.dataset.recipe.to_dict())),
        ],
        people={name: each.page for name, each in findings.people.items()},
        several_seeds=study.plan.seeds > 1,
        files=files_beside_page(CROSS_FILES, tables=joined_tables(findings.people)),
    )
