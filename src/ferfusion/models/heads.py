"""The classifier of the fused vector."""

from torch import Tensor, nn
from torch.nn import functional as F

from ferfusion.models.dropout import Dropout
from ferfusion.models.outputs import OUTPUTS


class DenseHead(nn.Module):
    """Dense U, dropout, dense U, dropout, dense C (section 3); the softmax is in the loss.

    ``dense2`` is the layer whose weights and activity the report penalises.
    """

    def __init__(
        self,
        in_features: int,
        num_classes: int,
        *,
        dropout: float,
        units: int,
        output: str = "softmax",
    ) -> None:
        super().__init__()
        self.dense1 = nn.Linear(in_features, units)
        self.dropout1 = Dropout(dropout)
        self.dense2 = nn.Linear(units, units)
        self.dropout2 = Dropout(dropout)
        self.dense3 = OUTPUTS[output](units, num_classes)

    def forward(self, fused: Tensor) -> Tensor:
        """Return the logits (B, C) of fused vectors (B, in_features)."""
        x = self.dropout1(F.relu(self.dense1(fused)))  # (B, 256) -> (B, 1024)
        x = self.dropout2(F.relu(self.dense2(x)))  # -> (B, 1024)
        logits: Tensor = self.dense3(x)  # -> (B, 6)
        return logits
