"""The detector ``none``: the whole image is the face."""

import numpy as np
from numpy.typing import NDArray

from ferfusion.faces.detector import Detection


class WholeImage:
    """Returns the whole image as the one face, for videos that were cropped to the face before."""

    min_score = 0.0
    # no pixel is read, so no image need be reduced
    searched_face_px = reduced_face_px = quick_reduced_face_px = np.inf
    border_px = 0

    def detect(
        self, luma: NDArray[np.uint8], *, min_side_px: float, max_side_px: float = np.inf, quick: bool = False
    ) -> list[Detection]:
        """Return the whole of ``luma`` (H, W), of any size, with the score 1."""
        del min_side_px, max_side_px
        rows, columns = luma.shape
        return [Detection(np.array([0, 0, columns, rows], np.float64), 1.0)]
