"""Loads PyTorch Geometric as the package does, without its warning, before a test module does."""

import sciml.graphs.data.pyg  # noqa: F401
