"""`python -m sciml`, and `torchrun -m sciml`: the command line."""

from sciml.cli.main import main

main()
