"""One optimiser step, and the parts it is made of."""

import torch
from torch import Generator, Tensor, nn
from torch.optim import AdamW, Optimizer

from sciml.config.models import TrainingConfig


def make_optimizer(module: nn.Module, settings: TrainingConfig) -> Optimizer:
    """AdamW (Loshchilov & Hutter 2019, arXiv 1711.05101) in its fused form; only weights of two or more axes decay."""
    matrices = [p for p in module.parameters() if p.requires_grad and p.dim() > 1]
    vectors = [p for p in module.parameters() if p.requires_grad and p.dim() <= 1]
    groups = [{"params": matrices, "weight_decay": settings.weight_decay}, {"params": vectors, "weight_decay": 0.0}]
    groups = [group for group in groups if group["params"]]
    complex_weights = any(p.is_complex() for p in module.parameters())
    return AdamW(groups, lr=settings.rate, betas=(0.9, 0.99), fused=not complex_weights)


def compute_loss(objective: nn.Module, batch: tuple[Tensor, ...], noise: Generator, precision: str) -> Tensor:
    """The loss, with the forward pass in bf16 where `precision` says so; the loss itself is float32."""
    device = batch[0].device
    with torch.autocast(device.type, dtype=torch.bfloat16, enabled=precision == "bf16"):
        return objective(noise, *batch)


def set_rate(optimizer: Optimizer, rate: float) -> None:
    """Give all parameters this learning rate."""
    for group in optimizer.param_groups:
        group["lr"] = rate
