"""Batch normalization over a batch that several processes share; torch has one for GPUs only.

The statistics and both sums of the backward pass travel in one message each, so that the result is that of one process.
"""

from __future__ import annotations

from typing import Any, cast

import torch
from torch import Tensor, distributed, nn
from torch.nn.modules.batchnorm import _BatchNorm


def share(network: nn.Module) -> None:
    """Let every batch normalization in *network* use the statistics of the whole batch; names and weights stay."""
    for module in network.modules():
        for kind, shared in _SHARED.items():
            if type(module) is kind:
                module.__class__ = shared


class _Global(torch.autograd.Function):  # type: ignore[misc]  # torch is not type-checked here
    @staticmethod
    def forward(  # noqa: PLR0917  # torch passes tensors by position
        ctx: Any, x: Tensor, weight: Tensor | None, bias: Tensor | None, mean: Tensor, var: Tensor, n: float, eps: float
    ) -> Tensor:
        ctx.save_for_backward(x, weight, mean, var)
        ctx.n, ctx.eps = n, eps
        return cast("Tensor", nn.functional.batch_norm(x, mean, var, weight, bias, training=False, eps=eps))

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Any, ...]:
        x, weight, mean, var = ctx.saved_tensors
        scale = torch.rsqrt(var + ctx.eps)
        # As if mean and variance were constants, by torch's own kernel; it gives this process's sums on the way.
        known = torch.ops.aten.native_batch_norm_backward(
            grad, x, weight, mean, var, None, None, False, ctx.eps, [True, True, True]
        )
        dx, d_weight, d_bias = known
        sums = torch.cat([d_weight, d_bias])
        distributed.all_reduce(sums)
        along, constant = (part / ctx.n for part in sums.chunk(2))
        gain = scale if weight is None else scale * weight
        slope = gain * scale * along  # how the gradient changes with x, through the variance
        shift = gain * constant - slope * mean
        shape = (1, -1, *[1] * (x.dim() - 2))
        dx = dx - torch.addcmul(shift.view(shape), x, slope.view(shape))
        return dx, d_weight if weight is not None else None, d_bias if weight is not None else None, None, None, None, None


class _Shared(_BatchNorm):  # type: ignore[misc]  # as above
    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            return cast("Tensor", super().forward(x))
        self._check_input_dim(x)
        with torch.no_grad():
            mean, var, n = _statistics(x)
            self._follow(mean, var * n / max(n - 1, 1))
        return cast("Tensor", _Global.apply(x, self.weight, self.bias, mean, var, n, self.eps))

    def _follow(self, mean: Tensor, var: Tensor) -> None:
        if not self.track_running_stats:
            return
        self.num_batches_tracked.add_(1)
        momentum = self.momentum if self.momentum is not None else 1 / float(self.num_batches_tracked)
        self.running_mean.lerp_(mean, momentum)
        self.running_var.lerp_(var, momentum)


class _Shared1d(_Shared, nn.BatchNorm1d):  # type: ignore[misc]  # as above
    pass


class _Shared2d(_Shared, nn.BatchNorm2d):  # type: ignore[misc]  # as above
    pass


class _Shared3d(_Shared, nn.BatchNorm3d):  # type: ignore[misc]  # as above
    pass


_SHARED = {nn.BatchNorm1d: _Shared1d, nn.BatchNorm2d: _Shared2d, nn.BatchNorm3d: _Shared3d}


def _statistics(x: Tensor) -> tuple[Tensor, Tensor, float]:
    """Return mean, variance and number of values per channel over all processes, without taking large sums apart."""
    axes = [0, *range(2, x.dim())]
    var, mean = torch.var_mean(x, dim=axes, correction=0)
    mine = torch.cat([mean, var, x.new_tensor([x.numel() / x.shape[1]])])
    rows = [torch.empty_like(mine) for _ in range(distributed.get_world_size())]
    distributed.all_gather(rows, mine)
    means, variances, counts = torch.stack(rows).split([len(mean), len(mean), 1], dim=1)
    shares = counts / counts.sum()
    mean = (shares * means).sum(0)
    return mean, (shares * (variances + (means - mean) ** 2)).sum(0), float(counts.sum())
