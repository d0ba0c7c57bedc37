"""Write the predictions of photographs: one table and one page for all of them, and the annotated images."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd

from ferfusion.actions.names import ACTION_COLUMNS
from ferfusion.corpora.entries import unique_ids
from ferfusion.files import write_json
from ferfusion.inference.drawing.annotated_image import write_annotated_image
from ferfusion.inference.drawing.photographs_page import PhotographCard, PhotographsPage
from ferfusion.inference.prediction import VideoPrediction
from ferfusion.inference.prediction_folder import PredictionFolder
from ferfusion.inference.predictor import Predictor
from ferfusion.inference.result_tables import photograph_table
from ferfusion.inference.verdict import rounded
from ferfusion.reporting.colours import RgbImage
from ferfusion.tables import write_table


class PhotographWriter:
    """Writes the folder of one or more photographs.

    Each photograph is annotated as it is added; ``write`` then writes photographs.csv, verdict.json and
    report.html for all of them.

    Attributes:
        folder: The folder to write.

    Args:
        folder: A new folder to write.
        title: Title of the page, if there are several photographs.
        predictor: The model that made the predictions; it explains the faces on the page.
        names: Name of each photograph in the table and on the page; no two are the same.
        annotate: Also write the annotated photographs.
    """

    def __init__(
        self,
        folder: Path,
        predictor: Predictor,
        names: Sequence[str],
        *,
        title: str = "photographs",
        annotate: bool = True,
    ) -> None:
        self.folder, self._files = folder, PredictionFolder(folder)
        self._title = title
        self._predictor, self._annotate = predictor, annotate
        self._file_names = dict(zip(names, unique_ids(names), strict=True))
        self._page = PhotographsPage(predictor)
        self._tables: list[pd.DataFrame] = []
        self._verdicts: list[dict[str, Any]] = []

    def add(self, name: str, prediction: VideoPrediction, image: RgbImage) -> None:
        """Add a photograph.

        Args:
            name: Its name, one of ``names``.
            prediction: Its prediction.
            image: The upright photograph (H, W, 3).
        """
        annotated = self._files.annotated_images / f"{self._file_names[name]}.jpg" if self._annotate else None
        if annotated is not None:
            write_annotated_image(annotated, image, prediction)
        self._tables.append(photograph_table(prediction).assign(photograph=name))
        self._verdicts += [{"photograph": name} | asdict(verdict) for verdict in prediction.verdicts]
        self._page.add(name, prediction, image, annotated=annotated)

    def add_unread(self, name: str, reason: str) -> None:
        """Add a photograph that could not be read."""
        self._tables.append(pd.DataFrame({"photograph": [name], "status": "unreadable", "reason": reason}))
        self._page.add_unread(name, reason)

    @property
    def is_empty(self) -> bool:
        """Whether no photograph was added yet."""
        return not self._tables

    def write(self) -> list[PhotographCard]:
        """Write the files of all photographs that were added; return what the page shows of each."""
        info = self._predictor.info
        columns = ["photograph", *"face x y w h status".split(), *info.labels.probability_columns]
        columns += ["expression", "verdict", "reason"]
        table = pd.concat(self._tables, ignore_index=True)
        columns += [name for name in ACTION_COLUMNS if name in table]
        write_table(self._files.photographs_file, table.reindex(columns=columns))
        summary = {
            "model": self._predictor.name,
            "caution": info.caution if self._verdicts else "",
            "photographs": len(self._page.photographs),
            "calibration": info.calibration.to_dict(),
            "faces": self._verdicts,
        }
        write_json(self._files.verdict_file, {key: rounded(value) for key, value in summary.items()})
        self._page.write(self.folder, title=self._title)
        return self._page.photographs
