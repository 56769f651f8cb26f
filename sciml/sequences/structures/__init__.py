"""Backbones of proteins: read from files, turned into graphs, and sequences designed for them."""
