"""Which public files the data sets of sequences are made of."""

SOURCES_OF: dict[str, tuple[str, ...]] = {
    "peaks": ("ctcf_peaks", "pu1_peaks"),
    "yeast": ("yeast_drift", "yeast_random", "yeast_selection"),
    "promoters": ("human_promoters", "mouse_promoters"),
    "gb1": ("gb1",),
}
