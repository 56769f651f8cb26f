"""Distillation of denoisers of letters, and of their samplers."""
