"""Measuring a model on a dataset."""
