"""A verb that several processes run together: started here, or by torchrun."""

import os
import sys

import click

from sciml.io.errors import InputError

SHARED = ("train", "sample", "evaluate", "compare", "forecast")
PROCESSES = click.option(
    "--processes",
    type=click.IntRange(min=1),
    default=1,
    envvar="SCIML_PROCESSES",
    show_default=True,
    show_envvar=True,
    help=f"Processes of this machine that share the verb, if it is {', '.join(SHARED[:-1])} or {SHARED[-1]}.",
)


def speaker() -> str:
    """Who of several says something, where it is not the one that speaks for all; else empty."""
    rank = os.environ.get("RANK", "0")
    return f" (process {rank})" if _started() and rank != "0" else ""


def said_beside() -> bool:
    """Whether another process of this machine says what ends all of them, such as bad input."""
    number = os.environ.get("LOCAL_RANK", "0")
    return _started() and number.isdecimal() and number != "0"


def leads() -> bool:
    """Whether this process is the one that writes."""
    return not speaker()


def share(context: click.Context, processes: int, stopped: int) -> None:
    """Let processes share the verb until it ends: those that torchrun started, or else as many as are asked for.

    Args:
        context: of the command line.
        processes: to be started, where torchrun started none; this one then ends with their exit code.
        stopped: the exit code of a process that saved and can be run again.

    Raises:
        InputError: torchrun started several for a verb that is for one.
    """
    if _started():
        from sciml.training.processes import asked, joined

        count = asked()
        if context.invoked_subcommand not in SHARED:
            raise InputError(
                f"`sciml {context.invoked_subcommand}` runs in one process, got {count}; several share " + ", ".join(SHARED)
            )
        context.with_resource(joined())
    elif processes > 1 and context.invoked_subcommand in SHARED:
        from sciml.cli.launch import launch

        sys.exit(launch(processes, sys.argv[1:], stopped))


def _started() -> bool:
    """Whether there are several; torch is asked only then, for it takes a second to import."""
    named = all(os.environ.get(name) for name in ("RANK", "MASTER_ADDR", "MASTER_PORT"))
    return named and (os.environ.get("WORLD_SIZE") or "1") != "1"
