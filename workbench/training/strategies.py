"""Strategies of transfer: which parameters of a network are trained; the rest stays as it came."""

from __future__ import annotations

from typing import Any

from workbench.models.backbones import Network


def full(network: Network) -> list[Any]:
    """Train everything."""
    network.train()
    return list(network.parameters())


def linear_probe(network: Network) -> list[Any]:
    """Train the head alone; the body is frozen, its running statistics too (Alain and Bengio, 2016)."""
    network.eval()
    network.requires_grad_(requires_grad=False)
    network.head.train()
    network.head.requires_grad_(requires_grad=True)
    return list(network.head.parameters())
