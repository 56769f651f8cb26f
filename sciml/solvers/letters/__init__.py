"""Samplers of letters under jump processes."""
