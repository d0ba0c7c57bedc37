"""The report of a study of models that are not trained: one self-contained page, and its tables as CSV."""

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from ferfusion.evaluation.confusions import KINDS
from ferfusion.evaluation.multiplicity import group_letters
from ferfusion.files import encodable, write_json, write_text
from ferfusion.outputs import replaced_result
from ferfusion.parts import part_title
from ferfusion.reporting.pages import render_page
from ferfusion.reporting.style import save
from ferfusion.reporting.words import counted
from ferfusion.studies.figures import result_figures
from ferfusion.studies.findings import error_patterns_table
from ferfusion.studies.model_findings import ModelFindings, ModelsFindings
from ferfusion.studies.model_text import models_question, models_summary
from ferfusion.studies.study_folder import MODEL_REPORT_FILES, StudyFolder, files_beside_page
from ferfusion.studies.study_page import write_results


def finish_models(findings: ModelsFindings, folder: Path, *, files: Mapping[str, str]) -> Path:
    """Write the tables, the figures and the page of a study of models; return the page's path.

    They replace those of an earlier report together. The folder is held by ``only_writer``.

    Args:
        findings: What to report.
        folder: The study's folder.
        files: By name, the file of each model.
    """
    statistics = findings.statistics
    with replaced_result(folder, earlier=MODEL_REPORT_FILES) as new:
        place = StudyFolder(new)
        write_results(findings, place, models=models_table(findings, files=files))
        write_json(place.summary_file, models_summary(findings))
        people = counted(statistics.subjects, "person" if findings.measurement.people_known else "image")
        figures = result_figures(findings, subtitle=f"{people} tested")
        images = {name: save(figure, place.figures / f"{name}.png") for name, figure in figures.items()}
        write_text(place.page_file, models_page(findings, images, files=files))
    return StudyFolder(folder).page_file


def models_table(findings: ModelsFindings, *, files: Mapping[str, str]) -> pd.DataFrame:
    """Return a row per model: its file, its classes, and what is known of its training."""
    return pd.DataFrame(
        [
            {
                "variant": model.name,
                "file": encodable(files[model.name]),
                "sha256": model.measurement.model_sha256,
                "classes": ", ".join(model.measurement.labels.names),
                "trained_on": trained_on(model),
                "unseen": model.measurement.unseen,
                "people": model.measurement.people_line,
                "notes": encodable(" ".join((*model.measurement.notes, *model.measurement.cautions))),
            }
            for model in findings.variants
        ]
    )


def trained_on(model: ModelFindings) -> str:
    """Return the corpus that a model was trained on; empty if it is not known."""
    return str(model.measurement.trained_on.get("corpus", ""))


def models_page(findings: ModelsFindings, images: Mapping[str, Path], *, files: Mapping[str, str]) -> str:
    """Return the page; ``images`` are PNG files by the name that the template knows."""
    statistics, summary = findings.statistics, models_summary(findings)
    deciding = statistics.family("video", "uar")
    return render_page(
        "model_study.html.j2",
        images=images,
        statistics=statistics,
        rows={level: statistics.scores(level) for level in ("video", "pair")},
        part=part_title(findings.measurement.part) + (" part" if findings.measurement.part != "all" else ""),
        question=models_question(statistics),
        deciding=deciding,
        letters=group_letters(deciding.groups),
        summary=summary,
        models=models_table(findings, files=files).to_dict("records"),
        error_patterns=error_patterns_table(findings).to_dict("records"),
        kinds=[kind for kind in KINDS if kind.applies_to(statistics.labels)],
        majority=statistics.labels.names[findings.majority_code],
        confidence=f"{100 * statistics.recipe.confidence:g}\N{NO-BREAK SPACE}%",
        people=findings.people.page,
        several_seeds=False,
        files=files_beside_page(MODEL_REPORT_FILES, tables=findings.people.tables),
    )
