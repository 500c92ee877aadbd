"""Bringing samples in, choosing among them, splitting and browsing them."""
