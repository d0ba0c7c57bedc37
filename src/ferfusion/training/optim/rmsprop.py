"""RMSprop with Keras' meaning."""

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer


class KerasRMSprop(Optimizer):
    """Divide each gradient by the root of the running mean of its square, plus a constant inside that root.

    ``mean = rho * mean + (1 - rho) * g²``; ``w -= lr * g / sqrt(mean + epsilon)``. PyTorch's optimizer of
    the same name adds the constant outside the root, and decays by 0.99 by default. Weight decay is decoupled
    from the gradient: ``w -= lr * weight_decay * w`` before the step.
    """

    # source: keras/src/optimizers/rmsprop.py (Keras 3), update_step

    def __init__(
        self,
        params: Iterable[Tensor] | Iterable[dict[str, Any]],
        *,
        lr: float,
        rho: float = 0.9,
        epsilon: float = 1e-7,
        weight_decay: float = 0.0,
    ) -> None:
        """Take parameters, or groups of them with settings of their own.

        Args:
            params: Parameters or groups.
            lr: Learning rate.
            rho: Decay of the mean squared gradient.
            epsilon: Constant inside the root.
            weight_decay: Share of the rate by which a step shrinks the weights.
        """
        super().__init__(params, {"lr": lr, "rho": rho, "epsilon": epsilon, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> float | None:  # type: ignore[override]
        """Update every parameter that has a gradient; return the loss of the closure, if there is one."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            self._step_group(group)
        return loss

    def _step_group(self, group: dict[str, Any]) -> None:
        parameters = [parameter for parameter in group["params"] if parameter.grad is not None]
        if not parameters:
            return
        if group["weight_decay"]:
            torch._foreach_mul_(parameters, 1 - group["lr"] * group["weight_decay"])
        gradients = [parameter.grad for parameter in parameters]
        means = [self._mean_square(parameter) for parameter in parameters]
        torch._foreach_mul_(means, group["rho"])
        torch._foreach_addcmul_(means, gradients, gradients, value=1 - group["rho"])
        roots = torch._foreach_add(means, group["epsilon"])
        torch._foreach_sqrt_(roots)
        torch._foreach_addcdiv_(parameters, gradients, roots, value=-group["lr"])

    def _mean_square(self, parameter: Tensor) -> Tensor:
        state = self.state[parameter]
        if not state:
            state["mean_square"] = torch.zeros_like(parameter)
        mean: Tensor = state["mean_square"]
        return mean
