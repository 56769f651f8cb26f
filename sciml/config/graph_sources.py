"""Which public files the data sets of graphs are made of."""

SOURCES_OF: dict[str, tuple[str, ...]] = {
    "ego_small": ("citeseer",),
    "enzymes": ("enzymes_edges", "enzymes_graphs"),
    "qm9": ("qm9", "qm9_test_rows"),
    "zinc250k": ("zinc250k", "zinc250k_test_rows"),
}
