"""Learning with people in the loop: rounds, and their rehearsal."""
