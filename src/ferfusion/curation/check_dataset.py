"""Check a dataset: one page with crops, and a table of each kind of finding beside it."""

from collections.abc import Sequence
from pathlib import Path

from ferfusion.curation.check_page import check_page
from ferfusion.curation.findings import Findings, find
from ferfusion.files import write_text
from ferfusion.outputs import only_writer, refuse_other_files, replaced_result
from ferfusion.preparation.dataset import Dataset
from ferfusion.progress import OnProgress, ignore_progress
from ferfusion.tables import write_table

CHECK_FILES = (
    "check.html",
    "classes.csv",
    "people.csv",
    "copies.csv",
    "doubtful_labels.csv",
    "rated.csv",
    "lost_faces.csv",
)
"""The files that a check writes, the page first."""


def check_dataset(
    dataset: Dataset, out: Path, *, studies: Sequence[Path] = (), on_progress: OnProgress = ignore_progress
) -> Findings:
    """Check a dataset, and write the page and the tables; those of an earlier check are replaced together.

    A table of a study or of raters is only written where the check has one.

    Args:
        dataset: The dataset.
        out: Folder to write to.
        studies: Folders of finished studies of it, whose models judge the labels.
        on_progress: Called before each step.

    Raises:
        DatasetError: a clip or a table is missing or damaged, or a study is of another dataset.
        RunError: a folder is no finished study of one dataset, or ``out`` holds something else than a check.
        FileError: another process writes the folder, or a file cannot be written.
    """
    refuse_other_files(out, marker=CHECK_FILES[0], files=CHECK_FILES, what="the check")
    findings = find(dataset, studies, on_progress=on_progress)
    absent = {
        "people": not dataset.people_known,
        "doubtful_labels": findings.votes is None,
        "rated": findings.rated is None,
    }
    with only_writer(out), replaced_result(out, earlier=CHECK_FILES) as new:
        for name, table in findings.tables.items():
            if not absent.get(name):
                write_table(new / f"{name}.csv", table)
        write_text(new / CHECK_FILES[0], check_page(findings))
    return findings
