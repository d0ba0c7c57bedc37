"""Make the sample video of the app: two rendered people side by side, six expressions, one absence.

Before it: ``ferfusion synthesize people --subjects 5 --clips 1 --frames 40 --size 400 --crf 18``;
then: ``python docs/make_app_sample.py people src/ferfusion/app/static/sample.mp4``.
"""

import sys
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt

ABSENT = ""
"""The person is out of the image for the length of a clip."""
ORDERS = {
    "s03": ("happiness", "sadness", "surprise", "anger", "disgust", "fear"),
    "s05": ("surprise", "happiness", ABSENT, "fear", "happiness", "sadness"),
}
FRAMES, FRAMES_PER_SECOND = 40, 25


def main(people: Path, sample: Path) -> None:
    """Write the sample video from a rendered corpus of two people."""
    halves = [_half(people, subject, order) for subject, order in ORDERS.items()]
    with av.open(str(sample), "w", options={"movflags": "+faststart"}) as container:
        stream = None
        for left, right in zip(*halves, strict=True):
            image = np.concatenate([left, right], axis=1)
            if stream is None:
                stream = container.add_stream("libx264", Fraction(FRAMES_PER_SECOND))
                stream.height, stream.width = image.shape[:2]
                stream.pix_fmt = "yuv420p"
                stream.options = {"crf": "27", "preset": "veryslow", "g": "25"}
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        assert stream is not None
        container.mux(stream.encode())


def _half(people: Path, subject: str, order: tuple[str, ...]) -> Iterator[npt.NDArray[np.uint8]]:
    """Yield the images of one person, expression after expression."""
    background: npt.NDArray[np.uint8] | None = None
    for expression in order:
        if expression == ABSENT:
            assert background is not None
            yield from [background] * FRAMES
            continue
        with av.open(str(next((people / subject / expression).glob("*.mp4")))) as container:
            for frame in container.decode(video=0):
                image = np.asarray(frame.to_ndarray(format="rgb24"), np.uint8)
                if background is None:  # the colours of the upper edge, downward
                    background = np.broadcast_to(image[4:5], image.shape).astype(np.uint8)
                yield image


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
