"""Stability of proteins: measured changes by single mutations, a differentiable model of them, and a reward made of it."""
