"""How good generated sequences are."""
