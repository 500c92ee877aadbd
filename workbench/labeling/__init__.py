"""Putting items before annotators and bringing their answers home."""
