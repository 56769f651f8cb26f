"""Fuzzing of the parsers guided by coverage: `python -m tests.fuzz.guided SECONDS [PARSER ...]`, all of them by default.

Atheris mutates a valid file towards code of the package that no file reached before. Each parser has a process of its own
and the seconds to itself; what makes one fail is kept in the folder that `--keep` names. It needs the extra `fuzz`.
"""

import argparse
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path

from .conftest import SECONDS, TOKENS
from .parsers import PARSERS, place

APART = ("grib",)  # read in a process of its own, which nothing guides


def fuzz(name: str, seconds: int, keep: Path) -> None:
    """Does not come back: libFuzzer ends the process, with status 0 if nothing failed."""
    import atheris

    parser = PARSERS[name]
    with atheris.instrument_imports(include=["sciml"]):
        from sciml.io.errors import InputError

        with tempfile.TemporaryDirectory() as folder:
            start, scratch, words = (Path(folder) / part for part in ("start", "scratch", "words"))
            start.mkdir()
            scratch.mkdir()
            (start / "valid").write_bytes(parser.whole())
            words.write_text("".join(f'"{quoted(token)}"\n' for token in TOKENS))

            def look(content: bytes) -> None:
                try:
                    parser.read(place(parser, scratch, content))
                except InputError as error:
                    assert str(error).strip()

            look(parser.whole())  # which imports, and so instruments, what reads
            limits = [f"-max_total_time={seconds}", f"-timeout={SECONDS}", "-rss_limit_mb=0", "-print_final_stats=0"]
            atheris.Setup(
                ["", *limits, f"-dict={words}", f"-artifact_prefix={keep}/{name.replace(' ', '_')}-", str(start)], look
            )
            warnings.simplefilter("ignore")
            atheris.Fuzz()


def quoted(token: bytes) -> str:
    """As libFuzzer's dictionaries want it, which are no longer than 64 bytes."""
    return "".join(f"\\x{byte:02x}" for byte in token[:64])


def main() -> int:
    """Runs each parser; the number of those that failed."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("seconds", type=int, help="of each parser")
    arguments.add_argument("parsers", nargs="*", help=", ".join(PARSERS))
    arguments.add_argument("--keep", type=Path, default=Path("fuzz_failures"))
    arguments.add_argument("--one", action="store_true", help="fuzz in this process, with the fuzzer's own output")
    given = arguments.parse_args()
    if unknown := sorted(set(given.parsers) - set(PARSERS)):
        arguments.error(f"no parser {unknown[0]!r}; there are {', '.join(PARSERS)}")
    given.keep.mkdir(parents=True, exist_ok=True)
    if given.one:
        fuzz(given.parsers[0], given.seconds, given.keep)
    failed = 0
    for name in given.parsers or [name for name in PARSERS if name not in APART]:
        command = [sys.executable, "-m", "tests.fuzz.guided", str(given.seconds), name, "--one", "--keep", str(given.keep)]
        ended = subprocess.run(command, capture_output=True, text=True, check=False)
        looked = [line for line in ended.stderr.splitlines() if line.startswith("#")]
        print(
            f"{name}: {'held' if not ended.returncode else 'FAILED'}; {looked[-1] if looked else ended.stderr[-300:]}",
            flush=True,
        )
        failed += ended.returncode != 0
    return failed


if __name__ == "__main__":
    sys.exit(main())
