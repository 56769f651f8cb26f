"""One optimiser step, and the parts it is made of."""

from collections.abc import Callable

import torch
from torch import Generator, Tensor, nn
from torch.optim import AdamW, Optimizer

from sciml.config.models import TrainingConfig
from sciml.training.ema import ExponentialMovingAverage


def make_optimizer(module: nn.Module, settings: TrainingConfig) -> Optimizer:
    """AdamW (Loshchilov & Hutter 2019, arXiv 1711.05101) in its fused form; only weights of two or more axes decay."""
    matrices = [p for p in module.parameters() if p.requires_grad and p.dim() > 1]
    vectors = [p for p in module.parameters() if p.requires_grad and p.dim() <= 1]
    groups = [{"params": matrices, "weight_decay": settings.weight_decay}, {"params": vectors, "weight_decay": 0.0}]
    complex_weights = any(p.is_complex() for p in module.parameters())
    return AdamW([g for g in groups if g["params"]], lr=settings.rate, betas=(0.9, 0.99), fused=not complex_weights)


def compute_loss(objective: nn.Module, batch: tuple[Tensor, ...], noise: Generator, precision: str) -> Tensor:
    """The loss, with the forward pass in bf16 where `precision` says so; the loss itself is float32."""
    device = batch[0].device
    with torch.autocast(device.type, dtype=torch.bfloat16, enabled=precision == "bf16"):
        return objective(noise, *batch)


def train_step(
    objective: nn.Module,
    optimizer: Optimizer,
    ema: ExponentialMovingAverage,
    batch: tuple[Tensor, ...],
    noise: Generator,
    *,
    step: int,
    rate: float,
    clip: float,
    precision: str,
    backward: Callable[[Tensor], object] = Tensor.backward,
) -> Tensor:
    """Loss, gradient, clipping, update, average. Nothing here waits for a GPU.

    Args:
        step: counted from 0.
        rate: learning rate of this step.
        clip: largest norm of the gradient.
        backward: computes gradients of the loss.

    Returns:
        (loss, norm of the gradient before clipping), detached, shape (2,).
    """
    for group in optimizer.param_groups:
        group["lr"] = rate
    loss = compute_loss(objective, batch, noise, precision)
    backward(loss)
    norm = torch.nn.utils.clip_grad_norm_(objective.parameters(), clip)
    optimizer.step()
    optimizer.zero_grad(set_to_none=True)
    ema.update(step)
    return torch.stack([loss.detach(), norm.detach().to(loss.dtype)])
