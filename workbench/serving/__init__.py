"""Putting models online: one address, shares of traffic, versions to switch between."""
