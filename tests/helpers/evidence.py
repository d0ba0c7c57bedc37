"""Images with known evidence: the colour of a patch is the class, an equal grey patch has no meaning."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ferfusion.models.bases import ExpressionModel
from ferfusion.models.build import initialise_as_keras
from ferfusion.models.heads import DenseHead
from ferfusion.models.small_cnn import SmallShape, SmallStream

SIZE, PATCH = 48, 12
CLASSES = 3


def patch_images(count: int, *, seed: int) -> tuple[Tensor, Tensor, Tensor]:
    """Return images (B, 3, 48, 48), their classes (B,), and the first row and column of each patch (B, 2).

    The place of the patch is random and independent of the class.
    """
    generator = torch.Generator().manual_seed(seed)
    images = 0.5 + 0.08 * torch.randn(count, 3, SIZE, SIZE, generator=generator)
    codes = torch.randint(CLASSES, (count,), generator=generator)
    places = torch.randint(SIZE - PATCH + 1, (count, 2), generator=generator)
    decoys = (places + SIZE // 2) % (SIZE - PATCH + 1)
    for image, code, (row, column), (top, left) in zip(
        images, codes.tolist(), places.tolist(), decoys.tolist(), strict=True
    ):
        image[:, top : top + PATCH, left : left + PATCH] += 0.4
        image[code, row : row + PATCH, column : column + PATCH] += 0.4
    return images.clamp(0, 1), codes, places


class PatchModel(ExpressionModel):
    """The report's spatial network with a quarter of its channels, which learns the task in seconds."""

    def __init__(self) -> None:
        super().__init__()
        self.spatial_stream = SmallStream(SmallShape(16, 32), scaling="standard")
        self.head = DenseHead(32, CLASSES, dropout=0.0, units=64)

    @property
    def cam_layers(self) -> dict[str, nn.Module]:
        return {"spatial": self.spatial_stream}

    def forward(self, spatial: Tensor, flow: Tensor, frames: Tensor | None = None) -> Tensor:
        vectors = self.spatial_stream(spatial).mean(dim=(2, 3))
        logits: Tensor = self.head(vectors)
        return logits


def trained_model(*, steps: int = 150) -> PatchModel:
    """Return a model that is trained on the patches; the same on every call."""
    model = PatchModel()
    initialise_as_keras(model, generator=torch.Generator().manual_seed(0))
    optimizer = torch.optim.Adam(model.parameters(), 2e-3)
    for step in range(steps):
        images, codes, _ = patch_images(32, seed=step)
        loss = F.cross_entropy(model(images, images), codes)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return model.eval()
