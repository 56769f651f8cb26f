"""Guidance of letters under jump processes."""
