"""Explanations of a trained model: maps of every stream and the contribution of each."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ferfusion.bundle import Bundle, check_answers
from ferfusion.compute import full_precision
from ferfusion.data.batches import BATCH_ROWS
from ferfusion.data.inputs import Windows, model_inputs, window_inputs
from ferfusion.explanation.cam import Images, class_maps
from ferfusion.explanation.contributions import blank_images, stream_contributions, stream_inputs
from ferfusion.explanation.recipe import DEFAULT_METHOD
from ferfusion.models.bases import ExpressionModel


@dataclass(frozen=True)
class Explanation:
    """Explanation of one prediction.

    Attributes:
        probabilities: Probability of each class (C,).
        code: The class that is explained.
        maps: Class activation map of each stream over the image (t, S, S), 0 or more; t is 1 where the
            stream's map has no time.
        contributions: Contribution of each stream to the log-odds of that class, in nats.
        baseline: Log-odds of that class for a blank face without motion. Baseline and contributions add up to
            the log-odds of its probability.
    """

    probabilities: NDArray[np.float32]
    code: int
    maps: Mapping[str, NDArray[np.float32]]
    contributions: Mapping[str, float]
    baseline: float

    @property
    def log_odds(self) -> float:
        """Log-odds of the explained class, in nats: the baseline plus all contributions."""
        return self.baseline + sum(self.contributions.values())


class Explainer:
    """Explains a bundle's model.

    Args:
        bundle: The trained model.
        method: Method of the maps, a name of ``CAM_METHODS``.
        temperature: Divides the logits, as in a calibrated prediction.
        model: The bundle's model, if it was built before.
    """

    def __init__(
        self,
        bundle: Bundle,
        *,
        method: str = DEFAULT_METHOD,
        temperature: float = 1.0,
        model: ExpressionModel | None = None,
    ) -> None:
        self.labels, self.config = bundle.labels, bundle.model_config
        self.model = model or bundle.build_model()
        self.inputs = stream_inputs(self.model)
        self._device = next(self.model.parameters()).device
        self.blank = tuple(image.to(self._device) for image in blank_images(self.config))
        self.method, self._temperature = method, temperature

    def images(
        self,
        crops_bhwc: NDArray[np.uint8],
        flow_b2hw: NDArray[np.floating[Any]],
        windows: Windows | None = None,
    ) -> Images:
        """Return the arguments of the model for face crops, flows and, if the model reads them, windows."""
        pair = model_inputs(crops_bhwc, flow_b2hw, flow_encoding=self.config.flow_encoding)
        images = pair if windows is None else (*pair, window_inputs(windows))
        return tuple(image.to(self._device) for image in images)

    @property
    def blank_probabilities(self) -> NDArray[np.float32]:
        """Probabilities (C,) for a blank face without motion."""
        with torch.inference_mode():
            probabilities: NDArray[np.float32] = self._probabilities(self.model(*self.blank))[0]
        return probabilities

    def explain(self, images: Images, *, targets: Tensor | None = None) -> list[Explanation]:
        """Explain the top class of each row, or the classes ``targets`` (B,)."""
        if targets is None:
            return [one for batch in batches(images) for one in self._explain_batch(batch, None)]
        return [
            one
            for *batch, codes in batches((*images, targets.to(self._device)))
            for one in self._explain_batch(tuple(batch), codes)
        ]

    def _explain_batch(self, images: Images, targets: Tensor | None) -> Iterator[Explanation]:
        with full_precision(self._device):
            cam = class_maps(self.model, images, targets=targets, method=self.method)
            shares = stream_contributions(
                self.model, images, cam.targets, self.blank, temperature=self._temperature
            )
        probabilities = self._probabilities(cam.logits)
        maps = {name: cam.upsampled(name).cpu().numpy() for name in cam.maps}
        for row, code in enumerate(cam.targets.tolist()):
            yield Explanation(
                probabilities=probabilities[row],
                code=code,
                maps={name: stream_map[row] for name, stream_map in maps.items()},
                contributions={name: float(share[row]) for name, share in shares.of_stream.items()},
                baseline=float(shares.baseline[row]),
            )

    def _probabilities(self, logits: Tensor) -> NDArray[np.float32]:
        probabilities: NDArray[np.float32] = (logits / self._temperature).softmax(1).cpu().numpy()
        check_answers(probabilities)
        return probabilities


def batches(images: Images) -> list[Images]:
    """Return images in batches of ``BATCH_ROWS`` rows."""
    starts = range(0, len(images[0]), BATCH_ROWS)
    return [tuple(image[start : start + BATCH_ROWS] for image in images) for start in starts]
