"""Distillation: a teacher's denoiser in, one that needs fewer calls out."""
