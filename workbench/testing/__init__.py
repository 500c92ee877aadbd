"""Fakes, one per port, for the tests of the workbench and of its users."""
