"""Rewards of sequences: learned from measurements, or any callable of the user's own."""
