"""The page of the photographs of one call: every face with its expression, and why there is none."""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path, PurePath

import cv2
import numpy as np

from ferfusion.evaluation.model_calibration import THRESHOLD_RULE
from ferfusion.explanation.drawing import tiles
from ferfusion.explanation.recipe import DEFAULT_METHOD, METHOD_NAMES
from ferfusion.faces.boxes import Box, grow_to_square
from ferfusion.files import write_text
from ferfusion.inference.drawing.annotated_image import jpeg_bytes
from ferfusion.inference.prediction import VideoPrediction
from ferfusion.inference.prediction_folder import PredictionFolder
from ferfusion.inference.predictor import Predictor
from ferfusion.inference.timeline import unsure_word
from ferfusion.inference.verdict import FaceVerdict
from ferfusion.preparation.crop import cut_plane
from ferfusion.reporting.colours import RgbImage, colour_of
from ferfusion.reporting.pages import data_uri, render_page

MAX_EXPLAINED = 60
"""Faces on a page that have the marked areas; one takes as long as 3.5 predictions (2 CPU cores)."""
_FACE_PX, _AROUND_FACE = 160, 0.2
_MARKED = "face, marked"


@dataclass(frozen=True)
class FaceCard:
    """A face on the page.

    Attributes:
        verdict: Its verdict.
        images: Data URI of the face, and of the areas that raise the score of its top class, if explained.
        top: The three classes with the highest probabilities, and these.
    """

    verdict: FaceVerdict
    images: list[str]
    top: list[tuple[str, float]]


@dataclass(frozen=True)
class PhotographCard:
    """A photograph on the page.

    Attributes:
        name: Its name.
        annotated: Place of the annotated photograph, relative to the page; empty if there is none.
        statement: Its verdicts in words, or why there is none.
        faces: Its faces.
        is_read: Whether it could be read.
    """

    name: str
    annotated: str
    statement: str
    faces: list[FaceCard] = field(default_factory=list)
    is_read: bool = True


class PhotographsPage:
    """Collects photographs for a page; memory holds small images of the faces only.

    Args:
        predictor: The model that made the predictions; it explains the first faces, if its runtime can.

    Attributes:
        photographs: The photographs so far.
    """

    def __init__(self, predictor: Predictor) -> None:
        self._predictor = predictor
        self._left_to_explain = MAX_EXPLAINED if predictor.explain else 0
        self.photographs: list[PhotographCard] = []

    def add(
        self, name: str, prediction: VideoPrediction, image: RgbImage, *, annotated: Path | None = None
    ) -> None:
        """Add a photograph.

        Args:
            name: Its name.
            prediction: Its prediction.
            image: The upright photograph (H, W, 3).
            annotated: The annotated photograph, if it was written.
        """
        boxes = prediction.table.set_index("face")[list("xywh")]
        marked = self._marked(prediction)
        faces = []
        for verdict in prediction.verdicts:
            images = [_face_uri(image, boxes.loc[verdict.face].to_numpy(np.float64))]
            if verdict.face in marked:
                images.append(_jpeg_uri(marked[verdict.face]))
            top = sorted(verdict.probabilities.items(), key=lambda item: -item[1])[:3]
            faces.append(FaceCard(verdict, images, top))
        place = f"{annotated.parent.name}/{annotated.name}" if annotated else ""
        self.photographs.append(PhotographCard(name, place, prediction.statement, faces))

    def add_unread(self, name: str, reason: str) -> None:
        """Add a photograph that could not be read."""
        plain = reason.removeprefix(f"{PurePath(name).name}: ")
        self.photographs.append(PhotographCard(name, "", plain, is_read=False))

    def write(self, folder: Path, *, title: str) -> None:
        """Write ``report.html`` whole or not at all; a single photograph has its name as title."""
        info = self._predictor.info
        with_faces = [card for card in self.photographs if card.faces]
        faces = [face for card in with_faces for face in card.faces]
        names = (*info.labels.names, unsure_word(info.labels))
        counts = Counter(face.verdict.expression for face in faces)
        page = render_page(
            "photographs.html.j2",
            images={},
            title=self.photographs[0].name if len(self.photographs) == 1 else title,
            photographs=self.photographs,
            with_faces=with_faces,
            without_face=[card for card in self.photographs if card.is_read and not card.faces],
            unread=[card for card in self.photographs if not card.is_read],
            faces=len(faces),
            caution=info.caution if faces else "",
            explained=sum(len(face.images) > 1 for face in faces),
            counts=[(name, counts[name]) for name in names],
            colours={name: colour_of(name, info.labels) for name in names},
            model=self._predictor.name,
            unsure=unsure_word(info.labels),
            neutral=info.labels.neutral,
            reads_motion=info.reads_flow or info.window > 0,
            calibration=info.calibration,
            rule=THRESHOLD_RULE,
            cam_method=METHOD_NAMES[DEFAULT_METHOD],
        )
        write_text(PredictionFolder(folder).page_file, page)

    def _marked(self, prediction: VideoPrediction) -> dict[int, RgbImage]:
        """Return the marked crop of the largest faces, as long as faces may be explained."""
        explain = self._predictor.explain
        inputs = [
            (verdict.face, apex.face_input)
            for verdict in prediction.verdicts
            for apex in prediction.apex_frames.get(verdict.face, [])
        ][: self._left_to_explain]
        if explain is None or not inputs:
            return {}
        self._left_to_explain -= len(inputs)
        return {
            face: tile.image
            for (face, face_input), explanation in zip(
                inputs, explain([each for _, each in inputs]), strict=True
            )
            for tile in tiles(face_input, explanation, side=_FACE_PX)
            if tile.caption == _MARKED
        }


def _face_uri(image: RgbImage, box: Box) -> str:
    square = grow_to_square(box, margin=_AROUND_FACE)
    planes = [cut_plane(image[..., channel], square, size=_FACE_PX) for channel in range(3)]
    return _jpeg_uri(np.asarray(cv2.merge(planes), np.uint8))


def _jpeg_uri(image: RgbImage) -> str:
    return data_uri(jpeg_bytes(image, quality=85), "image/jpeg")
