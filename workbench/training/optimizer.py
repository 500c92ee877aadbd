"""AdamW as torch has it, without loading torch's compiler: at the first step of a process that costs five seconds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch


def _bare(method: Callable[..., Any]) -> Callable[..., Any]:
    """Return a method of torch's without the wrapper that tells the compiler, which it loads for this, to leave it alone."""
    return getattr(method, "__wrapped__", method)


class AdamW(torch.optim.AdamW):  # type: ignore[misc]  # torch is Any to the type checker here
    """The same steps, bit for bit. For networks that no `torch.compile` has seen, as it would trace these methods."""

    add_param_group = _bare(torch.optim.AdamW.add_param_group)
    zero_grad = _bare(torch.optim.AdamW.zero_grad)
    state_dict = _bare(torch.optim.AdamW.state_dict)
    load_state_dict = _bare(torch.optim.AdamW.load_state_dict)
    step = torch.no_grad()(_bare(torch.optim.AdamW.step))
