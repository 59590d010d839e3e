"""Run both README commands on new, minimal Debian systems: is what the README promises true on a bare machine?

    python3 scripts/fresh.py [--suite bookworm|trixie] [--user root|sudo|plain] [--only demo|test] [--renew] [--keep]

Each system is built in a folder with debootstrap (minbase, with python3, make and git), kept there, and copied for each
run. This repository's HEAD is cloned into it, and `make demo` and `make test` run there as root, as a user who may
use sudo, and as one who may not: the latter must get one sentence with the command for the administrator, and succeed
once the administrator ran it.

Every command runs in its own mount and process namespace with the folder as its root: mounts and processes end with it,
however it ends. A chroot would not do: Chromium's sandbox needs a user namespace, which Linux refuses in a chroot.
Mirror, proxies, keys and pip's index are those of this machine. Needs root (or sudo) and Debian or Ubuntu.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
SUITES = ("bookworm", "trixie")
USERS = ("root", "sudo", "plain")
COMMANDS = ("demo", "test")
NEWCOMER = "newcomer"
TIMEOUT_S = {"demo": 1800, "test": 5400}
"""On two busy cores the demo takes 2 minutes, the tests 15."""

KEEP_ENVIRONMENT = re.compile(r"(?i)(https?|ftp|all|no)_proxy|PIP_\w+|SSL_CERT_(FILE|DIR)|REQUESTS_CA_BUNDLE")
KEEP_APT = re.compile(r"Acquire::(https?|ftp|Check-[\w-]+|Retries|Languages)\b")
PIP_CONFIGURATION = ("/etc/pip.conf", "/etc/xdg/pip/pip.conf", "~/.pip/pip.conf", "~/.config/pip/pip.conf")
COPIED = (
    "/etc/hosts", "/etc/resolv.conf", "/etc/apt/auth.conf", "/etc/apt/auth.conf.d", "/usr/local/share/ca-certificates",
)  # fmt: skip

ENTER = """
set -e
mount --bind "$ROOT" "$ROOT"
mount -t proc proc "$ROOT/proc"
mount -t sysfs -o ro sysfs "$ROOT/sys"
mount -t tmpfs -o mode=755 tmpfs "$ROOT/dev"
for name in null zero full random urandom tty; do
    : >"$ROOT/dev/$name"
    mount --bind "/dev/$name" "$ROOT/dev/$name"
done
mkdir "$ROOT/dev/pts" "$ROOT/dev/shm"
mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts "$ROOT/dev/pts"
mount -t tmpfs -o mode=1777 tmpfs "$ROOT/dev/shm"
ln -s pts/ptmx "$ROOT/dev/ptmx"
ln -s /proc/self/fd "$ROOT/dev/fd"
for name in 0:stdin 1:stdout 2:stderr; do ln -s "/proc/self/fd/${name%:*}" "$ROOT/dev/${name#*:}"; done
for place in $READ_ONLY; do
    mkdir -p "$ROOT$place"
    mount --bind "$place" "$ROOT$place"
    mount -o remount,bind,ro "$ROOT$place"
done
cd "$ROOT"
pivot_root . mnt
cd /
umount -l /mnt
unset ROOT READ_ONLY
exec "$@"
"""
"""Makes the folder ROOT the root of this namespace, with its own /dev, and runs a command there."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one command came to on one system."""

    suite: str
    user: str
    command: str
    good: bool
    seconds: float
    note: str
    log: Path


def stop(sentence: str) -> None:
    """End with one sentence."""
    sys.exit(f"sohoa: {sentence}")


# --- what this machine uses ----------------------------------------------------------------------------------


def debian_sources(suite: str) -> list[tuple[str, str, str, str]]:
    """This machine's sources of Debian for another suite: address, suite, components, key file (or "").

    Empty on a machine that is not Debian.
    """
    release = dict(line.split("=", 1) for line in Path("/etc/os-release").read_text().splitlines() if "=" in line)
    if release.get("ID", "").strip('"') != "debian":
        return []
    own = release["VERSION_CODENAME"].strip('"')
    wanted = {f"{own}{part}": f"{suite}{part}" for part in ("", "-updates", "-security")}
    found = []
    for address, name, components, key in _apt_sources():
        if name in wanted and "main" in components.split():
            found.append((address, wanted[name], components, key))
    return found


def _apt_sources() -> Iterator[tuple[str, str, str, str]]:
    """Every binary source of apt on this machine, in either of its two formats."""
    lists = [Path("/etc/apt/sources.list"), *sorted(Path("/etc/apt/sources.list.d").glob("*.list"))]
    for path in filter(Path.exists, lists):
        for line in path.read_text().splitlines():
            if found := re.match(r"deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)\s+([^#]+)", line.strip()):
                key = re.search(r"signed-by=(\S+)", found[1] or "")
                yield found[2], found[3], found[4].strip(), key[1] if key else ""
    for path in sorted(Path("/etc/apt/sources.list.d").glob("*.sources")):
        for stanza in re.split(r"\n\s*\n", path.read_text()):
            entry = dict(re.findall(r"(?m)^([\w-]+):[ \t]*(.*)$", stanza))
            if "deb" not in entry.get("Types", "").split() or entry.get("Enabled", "yes") == "no":
                continue
            key = entry.get("Signed-By", "")
            for address in entry.get("URIs", "").split():
                for name in entry.get("Suites", "").split():
                    yield address, name, entry.get("Components", ""), key if key.startswith("/") else ""


def environment() -> dict[str, str]:
    """Proxies, keys and pip's settings of this machine, and nothing else of it."""
    kept = {name: value for name, value in os.environ.items() if KEEP_ENVIRONMENT.fullmatch(name)}
    return {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", **kept}


def pip_folders() -> list[Path]:
    """Folders of this machine that its pip settings name, for packages or as an index."""
    places = [Path(name).expanduser() for name in PIP_CONFIGURATION]
    texts = [path.read_text() for path in places if path.exists()]
    texts += [value for name, value in os.environ.items() if name.startswith("PIP_")]
    named = {Path(name) for text in texts for name in re.findall(r"(?<![\w/:])(?:file://)?(/[\w./+-]+)", text)}
    indexes = {path.parent for path in named if path.name == "simple"}  # its files lie beside an index
    return sorted(path for path in named | indexes if path.is_dir() and len(path.parts) > 2 and path.parts[1] != "etc")


def configure(root: Path, suite: str) -> None:
    """Give a system this machine's sources, proxies, keys and pip settings."""
    for name in COPIED:
        _copy(Path(name), root / name[1:])
    for name in PIP_CONFIGURATION:
        path = Path(name).expanduser()
        homes = [Path("/root"), Path("/home", NEWCOMER)] if name.startswith("~/") else []
        for target in [home / name[2:] for home in homes] or [path]:
            _copy(path, root / str(target)[1:])
            for constraint in re.findall(r"(?m)^\s*constraint\s*=\s*(/\S+)", path.read_text() if path.exists() else ""):
                _copy(Path(constraint), root / constraint[1:])
    lines = []
    for address, name, components, key in debian_sources(suite):
        if key:
            _copy(Path(key), root / key[1:], keep=True)
        lines.append(f"deb {f'[signed-by={key}] ' if key else ''}{address} {name} {components}\n")
    if lines:
        (root / "etc/apt/sources.list").write_text("".join(lines))
    settings = subprocess.run(["apt-config", "dump"], capture_output=True, text=True, check=True).stdout
    kept = [line for line in settings.splitlines() if KEEP_APT.match(line)]
    (root / "etc/apt/apt.conf.d/90machine").write_text("\n".join([*kept, ""]))
    policy = root / "usr/sbin/policy-rc.d"  # nothing here starts services
    policy.write_text("#!/bin/sh\nexit 101\n")
    policy.chmod(0o755)


def _copy(source: Path, target: Path, *, keep: bool = False) -> None:
    """Copy a file or folder if it is there; `keep` leaves a target that is there alone."""
    if not source.exists() or (keep and target.exists()):
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    target.unlink(missing_ok=True) if target.is_symlink() else None
    if source.is_dir():
        shutil.copytree(source, target, dirs_exist_ok=True)
    else:
        shutil.copyfile(source, target)


# --- systems -------------------------------------------------------------------------------------------------


def run(command: Sequence[str], log: Path, timeout: float = 3600, **environment_: str) -> int:
    """Run in a mount and a process namespace of its own; everything it says goes to the end of the log."""
    apart = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--"]
    with log.open("a") as out:
        process = subprocess.Popen(
            [*apart, *command], stdin=subprocess.DEVNULL, stdout=out, stderr=out, env={**environment(), **environment_}
        )
        try:
            return process.wait(timeout)
        except subprocess.TimeoutExpired:
            out.write(f"\nstopped after {timeout:.0f} s\n")
            return 124
        finally:
            process.kill()
            process.wait()


def run_inside(root: Path, user: str, shell: str, log: Path, timeout: float = 3600, **more: str) -> int:
    """Run a shell command in a system, as root or as the newcomer, at home."""
    home = "/root" if user == "root" else f"/home/{NEWCOMER}"
    become = [] if user == "root" else ["setpriv", f"--reuid={NEWCOMER}", f"--regid={NEWCOMER}", "--init-groups", "--"]
    command = ["sh", "-c", ENTER, "enter", *become, "sh", "-c", f"cd && {shell}"]
    name = "root" if user == "root" else NEWCOMER
    folders = " ".join(str(path) for path in pip_folders())
    return run(command, log, timeout, ROOT=str(root), READ_ONLY=folders, HOME=home, USER=name, LOGNAME=name, **more)


def build_base(suite: str, folder: Path, renew: bool) -> Path:
    """The minimal system of a suite, from this machine's mirror; made once."""
    base, partial, log = folder / suite, folder / f"{suite}.partial", folder / "logs" / f"{suite}-base.log"
    if base.is_dir() and not renew:
        return base
    for old in (base, partial, log):
        shutil.rmtree(old) if old.is_dir() else old.unlink(missing_ok=True)
    print(f"Building a minimal Debian {suite}", flush=True)
    mirror = [address for address, name, _, _ in debian_sources(suite) if name == suite][:1]
    include = ["python3", "make", "git", *(["ca-certificates"] if mirror and mirror[0].startswith("https") else [])]
    command = ["debootstrap", "--variant=minbase", f"--include={','.join(include)}", suite, str(partial), *mirror]
    if run(command, log):
        stop(f"debootstrap could not build {suite}. Read why in {log}, then run make fresh again.")
    partial.rename(base)
    return base


def prepare(suite: str, user: str, folder: Path, log: Path, renew: bool) -> Path:
    """A copy of a suite's system with this repository's HEAD cloned for a user."""
    base, root = build_base(suite, folder, renew), folder / f"{suite}-{user}"
    remove(root)
    subprocess.run(["cp", "-a", str(base), str(root)], check=True)
    configure(root, suite)
    subprocess.run(
        ["git", "-C", str(REPOSITORY), "bundle", "create", "-q", str(root / "srv/sohoa"), "HEAD"], check=True
    )
    steps = ["apt-get update -qq"]
    if user != "root":
        steps += [f"useradd -m {NEWCOMER}", f"chown -R {NEWCOMER}: /home/{NEWCOMER}"]
    if user == "sudo":
        steps += ["DEBIAN_FRONTEND=noninteractive apt-get install -qq --no-install-recommends sudo"]
        steps += [f"echo '{NEWCOMER} ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/{NEWCOMER}"]
    clone = "git -c advice.detachedHead=false clone -q /srv/sohoa sohoa"
    if run_inside(root, "root", " && ".join(steps), log) or run_inside(root, user, clone, log):
        stop(f"The system {root} could not be prepared. Read why in {log}, then run make fresh again.")
    return root


def remove(root: Path) -> None:
    """Remove a system; nothing of this machine is mounted there outside a namespace."""
    if root.is_dir():
        shutil.rmtree(root)


# --- the two commands ----------------------------------------------------------------------------------------


def try_command(root: Path, suite: str, user: str, command: str, log: Path) -> Outcome:
    """Run `make demo` or `make test`; a user who may not install must first get the administrator's command."""
    began = time.monotonic()

    def outcome(good: bool, note: str) -> Outcome:
        return Outcome(suite, user, command, good, time.monotonic() - began, note, log)

    def make() -> int:
        return run_inside(root, user, f"cd sohoa && make {command}", log, TIMEOUT_S[command], CI="true")

    code = make()
    if user == "plain":
        said = [line for line in log.read_text(errors="replace").splitlines() if line.startswith("sohoa: ")]
        asked = re.search(r"Ask the administrator to run: (.+)", said[0]) if len(said) == 1 else None
        if code == 0 or asked is None or "Error 1" not in log.read_text(errors="replace"):
            return outcome(False, f"expected one sentence with the administrator's command, found {len(said)}")
        if run_inside(root, "root", asked[1], log, DEBIAN_FRONTEND="noninteractive"):
            return outcome(False, "the administrator's command failed")
        code = make()
    return outcome(code == 0, _last_words(log))


def _last_words(log: Path) -> str:
    """The closing line of the tests, or what make said last."""
    lines = [line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()]
    closing = [line for line in lines if re.search(r"\d+ (passed|failed|error).* in \d|^make: \*\*\*", line)]
    return closing[-1].strip("= ")[:100] if closing else ""


def main() -> int:
    """Every suite, user and command asked for, one after the other; 1 if one of them failed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--suite", choices=SUITES, action="append", help="only this Debian (12 is bookworm, 13 trixie)")
    parser.add_argument("--user", choices=USERS, action="append", help="only this user")
    parser.add_argument("--only", choices=COMMANDS, action="append", help="only this command")
    parser.add_argument("--folder", type=Path, default=Path("/var/tmp/sohoa-fresh"), help="where systems and logs lie")
    parser.add_argument("--renew", action="store_true", help="build the minimal systems anew")
    parser.add_argument("--keep", action="store_true", help="keep the systems that were run in")
    options = parser.parse_args()
    if os.geteuid() != 0:
        if shutil.which("sudo") is None:
            stop("make fresh builds whole systems and needs root. Run it as root.")
        os.execvp("sudo", ["sudo", sys.executable, *sys.argv])
    if shutil.which("apt-get") is None:
        stop("make fresh builds Debian systems from apt's sources. Run it on Debian or Ubuntu.")
    if shutil.which("debootstrap") is None:
        install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "debootstrap"]
        subprocess.run(["apt-get", "update", "-qq"], check=False)
        if subprocess.run(install, stdout=subprocess.DEVNULL, check=False).returncode:
            stop("debootstrap could not be installed. Mend what apt-get says above, then run make fresh again.")
    (options.folder / "logs").mkdir(parents=True, exist_ok=True)
    lock = (options.folder / "lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        stop(f"Another make fresh works in {options.folder}. Wait for it, or name another folder with --folder.")
    if subprocess.run(["git", "-C", str(REPOSITORY), "diff", "--quiet", "HEAD"], check=False).returncode:
        print("Changes that are not committed are not in what is cloned.")

    outcomes = []
    renewed: set[str] = set()
    for suite in options.suite or SUITES:
        for user in options.user or USERS:
            log = options.folder / "logs" / f"{suite}-{user}.log"
            log.unlink(missing_ok=True)
            root = prepare(suite, user, options.folder, log, options.renew and suite not in renewed)
            renewed.add(suite)
            for command in options.only or COMMANDS:
                own = log.with_stem(f"{log.stem}-{command}")
                own.unlink(missing_ok=True)
                done = try_command(root, suite, user, command, own)
                outcomes.append(done)
                print(
                    f"{'passed' if done.good else 'FAILED'}  {suite:8}  {user:5}  make {command}"
                    f"  {done.seconds:5.0f} s  {done.note}  ({done.log})",
                    flush=True,
                )
            if not options.keep:
                remove(root)
    return 0 if all(outcome.good for outcome in outcomes) else 1


if __name__ == "__main__":
    sys.exit(main())
