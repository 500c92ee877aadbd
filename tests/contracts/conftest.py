"""The real servers that contracts are checked on."""

from workbench.testing.studio import studio

__all__ = ["studio"]
