"""Data sets of sequences: simulated, public, and the user's own."""
