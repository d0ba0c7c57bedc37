"""Penalties on the head's second dense layer, as the report's listing places them (section 3, 5.3.5)."""

from torch import Tensor
from torch.utils.hooks import RemovableHandle

from ferfusion.models.heads import DenseHead


def l2_kernel_penalty(head: DenseHead, factor: float) -> Tensor:
    """Return ``factor`` times the sum of the squared weights; the bias is left out, as in Keras."""
    return factor * head.dense2.weight.square().sum()


def l1_activity_penalty(activity: Tensor, factor: float) -> Tensor:
    """Return ``factor`` times the mean over samples of the summed absolute outputs (B, units).

    Keras divides an activity penalty by the batch's size (keras/src/layers/layer.py).
    """
    return factor * activity.abs().sum() / len(activity)


class ActivityProbe:
    """Keeps the output of the second dense layer, after its ReLU, of the last forward pass."""

    def __init__(self, head: DenseHead) -> None:
        self.activity: Tensor | None = None
        self._handle: RemovableHandle = head.dense2.register_forward_hook(self._keep)

    def _keep(self, _module: object, _inputs: object, output: Tensor) -> None:
        self.activity = output.relu()

    def remove(self) -> None:
        """Remove the hook from the layer."""
        self._handle.remove()
