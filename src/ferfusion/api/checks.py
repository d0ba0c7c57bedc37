"""Checks of datasets: what to look at before training, and at labels after a study."""

import html
from collections.abc import Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

from ferfusion.api.datasets import Dataset, as_dataset
from ferfusion.api.settings import PathOrText, as_folder, as_path
from ferfusion.errors import file_errors
from ferfusion.progress import ShowProgress, shown
from ferfusion.reporting.words import counted

if TYPE_CHECKING:
    import pandas as pd

    from ferfusion.curation.findings import Findings


@dataclass(frozen=True, repr=False, eq=False)
class Check:
    """What ``check`` found in a dataset.

    Attributes:
        page: Its page.
    """

    _findings: "Findings"
    page: Path

    @property
    def lines(self) -> dict[str, list[str]]:
        """The findings in sentences, by their kind."""
        from ferfusion.curation.findings import TITLES  # noqa: PLC0415 pandas

        return {TITLES[key]: list(lines) for key, lines in self._findings.lines.items()}

    @property
    def classes(self) -> "pd.DataFrame":
        """A row per class: videos, people, pairs, parts, lost frames."""
        return self._findings.classes

    @property
    def people(self) -> "pd.DataFrame":
        """A row per person: videos, classes, pairs, lost frames, and a note where there is little."""
        return self._findings.people

    @property
    def copies(self) -> "pd.DataFrame":
        """A row per video with near-identical crops in another one; the worst groups first."""
        return self._findings.copies

    @property
    def doubtful_labels(self) -> "pd.DataFrame":
        """A row per video whose label most models of the studies contradict, the most doubtful first."""
        return self._findings.tables["doubtful_labels"]

    @property
    def rated(self) -> "pd.DataFrame":
        """A row per video whose label is not the clear majority of its raters."""
        return self._findings.tables["rated"]

    @property
    def alpha(self) -> float | None:
        """Krippendorff's alpha of the raters; None without votes."""
        return None if self._findings.rated is None else self._findings.rated.alpha

    @property
    def lost_faces(self) -> "pd.DataFrame":
        """A row per video with lost frames or that is not used, with the reason."""
        return self._findings.losses

    def __repr__(self) -> str:
        copies = counted(int(self.copies["group"].nunique()), "group")
        doubts = counted(len(self.doubtful_labels), "contradicted label")
        return f"Check({str(self._findings.dataset.root)!r}: {copies} of near copies, {doubts})"

    def _repr_html_(self) -> str:
        """Return the sentences, for a notebook."""
        kinds = "".join(
            f"<dt>{html.escape(title)}</dt><dd>{html.escape(' '.join(lines))}</dd>"
            for title, lines in self.lines.items()
        )
        return f"<p>{html.escape(repr(self))}</p><dl>{kinds}</dl>"


@file_errors()
def check(
    dataset: Dataset | PathOrText,
    *,
    studies: Sequence[PathOrText] | PathOrText = (),
    out: PathOrText | None = None,
    progress: ShowProgress = True,
) -> Check:
    """Check a dataset before training on it, and its labels after a study: one page with crops, and tables.

    It counts classes and people, finds near copies of videos and whether their labels differ, compares raters
    with the labels, and counts lost faces. With studies, it names the videos whose label most models
    contradict, by predictions of people not seen in training. A finding is a video to look at, and not an
    error.

    Args:
        dataset: A dataset, or its folder.
        studies: Finished studies of it, or their folders.
        out: Folder to write the page and the tables to, new or of an earlier check; by default, the folder
            check in the dataset.
        progress: True shows a bar in a terminal or in Jupyter; a function is called with each ``Progress``.

    Raises:
        DatasetError: the dataset cannot be used, or a study is of another one.
        RunError: a folder is no finished study of one dataset, or ``out`` holds other files.
        FileError: another process writes the folder, or a file cannot be written.

    Source: Northcutt et al. 2021 (confident learning); Krippendorff 2011.

    >>> checked = fer.check("data", studies=["study"])
    >>> checked.classes[["emotion", "videos", "people"]].head(2)
       emotion  videos  people
    0    Anger      36      18
    1  Disgust      36      18
    >>> checked.lines["Near copies"]
    ['No two videos with near-identical crops.']
    """
    named = None if out is None else as_folder(out)
    data = as_dataset(dataset)
    place = named or as_folder(data.folder / "check")
    from ferfusion.curation.check_dataset import CHECK_FILES, check_dataset  # noqa: PLC0415 pandas

    several = [studies] if isinstance(studies, str | PathLike) else list(studies)
    folders = [as_path(study) for study in several]
    with shown(progress) as on_progress:
        found = check_dataset(data._opened, place, studies=folders, on_progress=on_progress)
    return Check(found, place / CHECK_FILES[0])
