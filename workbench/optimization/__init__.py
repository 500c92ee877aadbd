"""Finding the fastest form of a model that keeps its metric."""
