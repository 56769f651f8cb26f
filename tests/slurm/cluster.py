"""A Slurm of one node on this machine, for tests: keys, ports, state and logs of its own in one folder, removed at the end.

Debian's packages are installed if they are missing, which needs root, without starting services of the system.
By hand: python tests/slurm/cluster.py up, then export the SLURM_CONF that it prints; python tests/slurm/cluster.py down.
"""

import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(tempfile.gettempdir()) / "sciml-test-slurm"
SYSTEM = Path("/etc/slurm")  # jobs of the executor plugin drop SLURM_CONF, so the files are linked to from here
FILES = ("slurm.conf", "gres.conf", "cgroup.conf")
PACKAGES = {"slurmctld": "slurmctld", "slurmd": "slurmd", "sbatch": "slurm-client", "munged": "munge"}  # of programs
DAEMONS = ("slurmd", "slurmctld", "munged")  # in the order of stopping
PORTS = 26817, 26818
GPUS = 10
WITHIN = 60.0  # seconds for the node to be ready


class Unavailable(Exception):
    """Why Slurm cannot run here."""


def up() -> None:
    """Install what is missing and start the daemons; what an earlier test left running is stopped first.

    Raises:
        Unavailable: with the reason.
    """
    if sys.platform != "linux" or os.geteuid() != 0:
        raise Unavailable("a test Slurm needs Linux and root")
    foreign = [name for name in FILES if (SYSTEM / name).exists() and not _ours(SYSTEM / name)]
    if foreign:
        raise Unavailable(f"this machine has a Slurm of its own: {SYSTEM / foreign[0]}")
    down()
    install()
    for name in ("etc", "log", "state", "spool", "munge", "pid"):
        (ROOT / name).mkdir(parents=True, exist_ok=True)
    _configure()
    os.environ["SLURM_CONF"] = str(ROOT / "etc/slurm.conf")
    _start_munge()
    _quiet("slurmctld", "-f", os.environ["SLURM_CONF"])
    _quiet("slurmd", "-f", os.environ["SLURM_CONF"])
    _wait_for_node()


def down() -> None:
    """Cancel all jobs, stop the daemons that `up` started, and remove what they left."""
    if _running("slurmctld"):
        conf = {"SLURM_CONF": str(ROOT / "etc/slurm.conf")}
        subprocess.run(["scancel", "--user", "root"], env={**os.environ, **conf}, timeout=20, check=False)
        time.sleep(1)
    for name in DAEMONS:
        _stop(name)
    for name in FILES:
        if _ours(SYSTEM / name):
            (SYSTEM / name).unlink()
    shutil.rmtree(ROOT, ignore_errors=True)
    os.environ.pop("SLURM_CONF", None)


def install() -> None:
    """Debian's packages of the programs that are missing.

    Raises:
        Unavailable: not a Debian, or the packages cannot be had.
    """
    missing = [package for program, package in PACKAGES.items() if shutil.which(program) is None]
    if not missing:
        return
    if shutil.which("apt-get") is None:
        raise Unavailable(f"Slurm is not installed, and there is no apt-get to install it: {', '.join(missing)}")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    with _no_services():
        for line in (["update"], ["install", "--yes", "--no-install-recommends", *missing]):
            done = subprocess.run(["apt-get", "-qq", *line], env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Unavailable(f"apt-get could not install {', '.join(missing)}: {done.stderr.strip().splitlines()[-1:]}")


@contextmanager
def _no_services() -> Iterator[None]:
    """Keeps packages from starting services of the system while they are installed."""
    policy = Path("/usr/sbin/policy-rc.d")
    if policy.exists():
        yield
        return
    policy.write_text("#!/bin/sh\nexit 101\n")
    policy.chmod(0o755)
    try:
        yield
    finally:
        policy.unlink()


def _configure() -> None:
    """Write slurm.conf and its companions, and link to them from where Slurm looks by default."""
    values = {"host": _host(), "root": ROOT, "controller_port": PORTS[0], "node_port": PORTS[1]}
    etc = ROOT / "etc"
    (etc / "slurm.conf").write_text(Path(__file__).with_name("slurm.conf").read_text().format(**values))
    for number in range(GPUS):  # stand-ins for devices
        (ROOT / f"state/gpu{number}").touch()
    (etc / "gres.conf").write_text(f"NodeName={_host()} Name=gpu Type=fake File={ROOT}/state/gpu[0-{GPUS - 1}]\n")
    (etc / "cgroup.conf").write_text("CgroupPlugin=cgroup/v1\n")
    SYSTEM.mkdir(exist_ok=True)
    for name in FILES:
        (SYSTEM / name).symlink_to(etc / name)


def _start_munge() -> None:
    key = ROOT / "munge/key"
    key.write_bytes(secrets.token_bytes(1024))
    key.chmod(0o400)
    (ROOT / "munge").chmod(0o755)
    places = {"key-file": "munge/key", "socket": "munge/socket", "pid-file": "pid/munged", "seed-file": "munge/seed"}
    options = [f"--{name}={ROOT / place}" for name, place in places.items()]
    _quiet("munged", "--force", *options, f"--log-file={ROOT}/log/munged")


def _wait_for_node() -> None:
    until = time.monotonic() + WITHIN
    while time.monotonic() < until:
        done = subprocess.run(["sinfo", "-h", "-p", "main", "-o", "%T"], capture_output=True, text=True, check=False)
        if done.stdout.strip() == "idle":
            return
        if done.stdout.startswith(("down", "drain", "unk")):
            subprocess.run(["scontrol", "update", f"NodeName={_host()}", "State=RESUME"], capture_output=True, check=False)
        time.sleep(0.2)
    last = (ROOT / "log/slurmctld").read_text(errors="replace").splitlines()[-1:]
    down()
    raise Unavailable(f"Slurm did not start within {WITHIN:.0f} s: {last}")


def _quiet(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        down()
        raise Unavailable(f"{command[0]} did not start: {(done.stdout + done.stderr).strip()}")


def _running(name: str) -> int | None:
    """The id of the daemon's process."""
    try:
        number = int((ROOT / "pid" / name).read_text())
        return number if Path(f"/proc/{number}/comm").read_text().strip() == name else None
    except (OSError, ValueError):
        return None


def _stop(name: str) -> None:
    number = _running(name)
    if number is None:
        return
    os.kill(number, signal.SIGTERM)
    for _ in range(100):
        if _running(name) is None:
            return
        time.sleep(0.1)
    os.kill(number, signal.SIGKILL)


def _ours(path: Path) -> bool:
    return path.is_symlink() and path.readlink().is_relative_to(ROOT)


def _host() -> str:
    return socket.gethostname().split(".")[0]


if __name__ == "__main__":
    if sys.argv[1:] not in (["up"], ["down"]):
        sys.exit(__doc__)
    try:
        {"up": up, "down": down}[sys.argv[1]]()
    except Unavailable as why:
        sys.exit(f"no Slurm here: {why}")
    if "SLURM_CONF" in os.environ:
        print(f"export SLURM_CONF={os.environ['SLURM_CONF']}")
