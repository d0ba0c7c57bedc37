"""Large streams: VGG16, VGG19 and ResNet50 with torchvision's parameter names, without their classifiers.

Official weight files load unchanged (``ferfusion.models.pretrained``). A backbone takes an image in [0, 1],
as every stream does, and normalises it itself, as its weights need it.
"""

from collections.abc import Iterator, Mapping
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ferfusion.models.bases import Stream

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_DEVIATION = (0.229, 0.224, 0.225)
"""Of the red, green and blue values in [0, 1] that torchvision's weights were trained on."""

BLOCK_SHARE = 0.1
"""Standard deviation of what a new residual block adds to its shortcut."""


class Backbone(Stream):
    """A stream whose weights may come from a file, made at 224 pixels; smaller crops give it smaller maps.

    It is made with the same keywords as every stream, and ignores ``scaling``.

    Attributes:
        smallest_size: Side of the smallest image that it can be trained on, in pixels.
        weights_name: Name of its weights that have an official address: the data that they were trained on.
        weights_url: Their address; the file's name ends in its hash. Empty if there are none.
        classifier_prefix: Prefix of the classifier's names in the weight file; no classifier is built here.
        channel_mean: Mean of the red, green and blue values in [0, 1] that its weights were trained on.
        channel_deviation: Their deviation.
    """

    smallest_size: ClassVar[int]
    weights_name: ClassVar[str] = "imagenet"
    weights_url: ClassVar[str] = ""
    classifier_prefix: ClassVar[str]
    channel_mean: ClassVar[tuple[float, float, float]] = IMAGENET_MEAN
    channel_deviation: ClassVar[tuple[float, float, float]] = IMAGENET_DEVIATION

    def __init__(self, *, scaling: str = "", in_channels: int = 3) -> None:
        super().__init__()
        # not saved with the weights, whose names are torchvision's alone
        for name, values in (("mean", self.channel_mean), ("deviation", self.channel_deviation)):
            per_channel = torch.tensor(values).repeat(in_channels // 3).view(-1, 1, 1)
            self.register_buffer(name, per_channel, persistent=False)

    def normalise(self, image: Tensor) -> Tensor:
        """Return ``image``, in [0, 1], with the mean and deviation that its weights need."""
        return (image - self.get_buffer("mean")) / self.get_buffer("deviation")

    @classmethod
    def own_tensors(cls, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Return the tensors of a published file with this stream's names, axes and units."""
        return dict(tensors)

    def initialise(self, *, generator: torch.Generator) -> None:
        """Draw the convolutions so that they keep the signal's power (He et al. 2015, equation 10).

        Glorot's weights halve it in every layer with a ReLU. Torchvision's, drawn by outgoing connections,
        reduce it wherever the channels increase: a VGG19 at 33 pixels then keeps 0.02 of it, here 0.3.
        """
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d | nn.Conv3d):
                nn.init.kaiming_normal_(layer.weight, nonlinearity="relu", generator=generator)
                if layer.bias is not None:
                    nn.init.zeros_(layer.bias)


class Vgg(Backbone):
    """Five blocks of 3x3 convolutions, each ended by a max pooling (Simonyan and Zisserman 2015, Table 1)."""

    smallest_size = 32  # five poolings leave one value
    classifier_prefix = "classifier."
    convolutions: ClassVar[tuple[int, ...]]
    out_channels = 512

    def __init__(self, *, scaling: str = "", in_channels: int = 3) -> None:
        super().__init__(in_channels=in_channels)
        self.features = nn.Sequential(*self._layers(in_channels))

    def _layers(self, in_channels: int) -> Iterator[nn.Module]:
        for convolutions, channels in zip(self.convolutions, (64, 128, 256, 512, 512), strict=True):
            for _ in range(convolutions):
                yield nn.Conv2d(in_channels, channels, 3, padding=1)
                yield nn.ReLU(inplace=True)
                in_channels = channels
            yield nn.MaxPool2d(2)

    def initialise(self, *, generator: torch.Generator) -> None:
        """Draw the convolutions, and mirror them: the second half of the channels starts as minus the first.

        Balduzzi et al. 2017, section 4: the next layer starts with the difference of both halves, so that
        ReLU loses nothing. Without it, 16 layers map all faces to nearly one vector: those of two faces of
        the sample corpus have a cosine of 0.97 in a new VGG19. Here it is 0.79, and learning starts earlier.
        """
        super().initialise(generator=generator)
        convolutions = [layer for layer in self.features if isinstance(layer, nn.Conv2d)]
        with torch.no_grad():
            for layer in convolutions:
                first, second = layer.weight.chunk(2)
                second.copy_(-first)
            for layer in convolutions[1:]:
                kept, mirrored = layer.weight.chunk(2, dim=1)
                mirrored.copy_(-kept)

    def forward(self, image: Tensor) -> Tensor:
        """Return the last map (B, 512, S // 32, S // 32) of ``image`` (B, 3, S, S) in [0, 1]."""
        last_map: Tensor = self.features(self.normalise(image))  # (B, 3, 224, 224) -> (B, 512, 7, 7)
        return last_map


class Vgg16(Vgg):
    """VGG's configuration D."""

    weights_url = "https://download.pytorch.org/models/vgg16-397923af.pth"
    convolutions = (2, 2, 3, 3, 3)


class Vgg19(Vgg):
    """VGG's configuration E."""

    weights_url = "https://download.pytorch.org/models/vgg19-dcbb9e9d.pth"
    convolutions = (2, 2, 4, 4, 4)


class Bottleneck(nn.Module):
    """A residual block: 1x1, 3x3 and 1x1 convolutions beside a shortcut (He et al. 2016, Figure 5)."""

    def __init__(self, in_channels: int, channels: int, *, stride: int) -> None:
        super().__init__()
        out_channels = 4 * channels
        self.conv1 = nn.Conv2d(in_channels, channels, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        # torchvision strides here, not in conv1 as in the paper
        self.conv2 = nn.Conv2d(channels, channels, 3, stride=stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)
        self.conv3 = nn.Conv2d(channels, out_channels, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(out_channels)
        self.downsample: nn.Module = nn.Identity()
        if stride > 1 or in_channels != out_channels:
            shortcut = nn.Conv2d(in_channels, out_channels, 1, stride=stride, bias=False)
            self.downsample = nn.Sequential(shortcut, nn.BatchNorm2d(out_channels))

    def forward(self, x: Tensor) -> Tensor:
        """Return the block's map, at ``stride`` of the map ``x``, with four times ``channels`` channels."""
        residual = F.relu(self.bn1(self.conv1(x)))
        residual = F.relu(self.bn2(self.conv2(residual)))
        return F.relu(self.bn3(self.conv3(residual)) + self.downsample(x))


class ResNet50(Backbone):
    """Sixteen bottleneck blocks in four stages (He et al. 2016, Table 1)."""

    smallest_size = 33  # at 32 the last map is one value, and a batch of one cannot be normalised
    weights_url = "https://download.pytorch.org/models/resnet50-0676ba61.pth"
    classifier_prefix = "fc."
    out_channels = 2048

    def __init__(self, *, scaling: str = "", in_channels: int = 3) -> None:
        super().__init__(in_channels=in_channels)
        self.conv1 = nn.Conv2d(in_channels, 64, 7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.layer1 = _stage(64, 64, blocks=3, stride=1)
        self.layer2 = _stage(256, 128, blocks=4, stride=2)
        self.layer3 = _stage(512, 256, blocks=6, stride=2)
        self.layer4 = _stage(1024, 512, blocks=3, stride=2)

    def initialise(self, *, generator: torch.Generator) -> None:
        """Draw the convolutions, and let every block start as little more than its shortcut.

        In Goyal et al. 2017, section 5.1, it starts as the shortcut alone. With the usual scale of 1, the
        vector of both streams at 48 pixels has a norm of 71 in place of 32, and the head's first steps are
        too large: nothing was learned from the sample corpus in 11 epochs.
        """
        super().initialise(generator=generator)
        for layer in self.modules():
            if isinstance(layer, Bottleneck):
                nn.init.constant_(layer.bn3.weight, BLOCK_SHARE)

    def forward(self, image: Tensor) -> Tensor:
        """Return the last map, about (B, 2048, S / 32, S / 32), of ``image`` (B, 3, S, S) in [0, 1]."""
        x = F.relu(self.bn1(self.conv1(self.normalise(image))))  # (B, 3, 224, 224) -> (B, 64, 112, 112)
        x = F.max_pool2d(x, 3, stride=2, padding=1)  # -> (B, 64, 56, 56)
        x = self.layer1(x)  # -> (B, 256, 56, 56)
        x = self.layer2(x)  # -> (B, 512, 28, 28)
        x = self.layer3(x)  # -> (B, 1024, 14, 14)
        last_map: Tensor = self.layer4(x)  # -> (B, 2048, 7, 7)
        return last_map


def _stage(in_channels: int, channels: int, *, blocks: int, stride: int) -> nn.Sequential:
    first = Bottleneck(in_channels, channels, stride=stride)
    rest = (Bottleneck(4 * channels, channels, stride=1) for _ in range(blocks - 1))
    return nn.Sequential(first, *rest)
