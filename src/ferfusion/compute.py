"""Where and how a model is computed: the device, the number of processes, and the precision."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import RLock
from typing import TYPE_CHECKING, Annotated

from ferfusion.errors import ConfigError
from ferfusion.lookup import choose
from ferfusion.recipe import AtLeast, Recipe

if TYPE_CHECKING:
    import torch

DEVICES = ("auto", "cpu", "cuda", "mps")
PRECISIONS = ("32-true", "16-mixed", "bf16-mixed")
_ONE_AT_A_TIME = RLock()


@dataclass(frozen=True)
class Compute(Recipe):
    """Where and how a model is trained.

    Attributes:
        device: auto (a CUDA GPU if there is one, else the processor), cpu, cuda, or mps (Apple's GPU).
        devices: Number of processes that share each batch; each has its own GPU, or a part of the processor.
        precision: Precision of the layers: 32-true; bf16-mixed, for a GPU or a processor that has bfloat16
            in hardware (``ferfusion doctor`` reports it); or 16-mixed, for a GPU.
    """

    device: str = "auto"
    devices: Annotated[int, AtLeast(1)] = 1
    precision: str = "32-true"

    def __post_init__(self) -> None:
        super().__post_init__()
        choose(dict.fromkeys(DEVICES), self.device, what="device")
        choose(dict.fromkeys(PRECISIONS), self.precision, what="precision")


def torch_device(device: str) -> "torch.device":
    """Return the device of a name, after a small computation has run on it.

    Raises:
        ConfigError: the name is unknown, or the device does not start; the message is one line.

    >>> torch_device("cpu")
    device(type='cpu')
    """
    choose(dict.fromkeys(DEVICES), device, what="device")
    import torch  # noqa: PLC0415 slow, and not needed for the names of the devices

    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        float(torch.ones(2, 2, device=device).sum())
    # torch raises AssertionError where it is built without the device
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0].partition(". ")[0].rstrip(".")
        raise ConfigError(f"The device {device!r} does not start: {reason}. Choose cpu, or auto") from error
    return torch.device(device)


@contextmanager
def full_precision(device: "torch.device") -> Iterator[None]:
    """Within the block, which one thread at a time runs, convolutions on a CUDA GPU compute in 32 bits.

    torch's default there is TensorFloat-32, with 10 bits of fraction in place of 23 (torch's notes, "CUDA
    semantics"). Probabilities would differ from those of the processor in the third digit.
    """
    if device.type != "cuda":
        yield
        return
    import torch  # noqa: PLC0415 slow, and not needed for the names of the devices

    cudnn = torch.backends.cudnn
    with _ONE_AT_A_TIME:
        before, cudnn.allow_tf32 = cudnn.allow_tf32, False
        try:
            yield
        finally:
            cudnn.allow_tf32 = before
