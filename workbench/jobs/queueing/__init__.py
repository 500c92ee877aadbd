"""The queue: who runs when, what it costs, what happens when it ends."""
