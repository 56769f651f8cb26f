"""Sequences of letters: DNA and proteins."""
