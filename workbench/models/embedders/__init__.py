"""What makes a vector of an item, so that like items have like vectors; one file per way."""
