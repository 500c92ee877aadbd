"""The nouns, errors, references, registry and ports that every other package speaks in; standard library only."""
