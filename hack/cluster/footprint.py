"""Undoes dockerd's changes to the machine: packet filter rules, bridges, cgroups, settings.

The state before the first start is saved; what existed then is preserved.
"""

import json
import re
import shlex
import socket
from dataclasses import asdict, dataclass, field
from pathlib import Path

from .cache import mounts_below, write
from .packages import which
from .process import run, succeeds

FAMILIES = {"iptables": "iptables-save", "ip6tables": "ip6tables-save"}
# A node has about 20 inotify instances: the kernel's 128 for root are enough for six nodes.
LIMITS = {"fs/inotify/max_user_instances": 1024, "fs/inotify/max_user_watches": 524288}
SETTINGS = (
    "net/ipv4/ip_forward",
    "net/ipv6/conf/all/forwarding",
    "net/ipv6/conf/default/forwarding",
    "net/bridge/bridge-nf-call-iptables",
    "net/bridge/bridge-nf-call-ip6tables",
    *LIMITS,
)
CGROUPS = Path("/sys/fs/cgroup")
PROC_SYS = Path("/proc/sys")
FOLDERS = ("/etc/docker", "/run/docker/plugins", "/run/docker", "/lib/modules", "/opt/containerd")
ENGINE_RULE = re.compile(r"DOCKER|\bdocker0\b|\bbr-[0-9a-f]{12}\b")
ENGINE_LINK = re.compile(r"^(docker0|br-[0-9a-f]{12}|veth[0-9a-f]{7})$")


@dataclass(frozen=True)
class Footprint:
    """The parts of a machine that dockerd changes, at one point in time."""

    rules: dict[str, str] = field(default_factory=dict)  # output of iptables-save by family
    settings: dict[str, str] = field(default_factory=dict)
    links: list[str] = field(default_factory=list)
    folders: list[str] = field(default_factory=list)
    cgroups: list[str] = field(default_factory=list)

    @classmethod
    def now(cls) -> "Footprint":
        rules = {}
        for family, save in FAMILIES.items():
            program = which(save)
            if program and succeeds([program]):
                rules[family] = run([program])
        values = {name: _setting(name) for name in SETTINGS}
        return cls(
            rules=rules,
            settings={name: value for name, value in values.items() if value is not None},
            links=_links(),
            folders=[folder for folder in FOLDERS if Path(folder).exists()],
            cgroups=_cgroups(),
        )

    def save(self, path: Path) -> None:
        write(path, json.dumps(asdict(self), indent=1))

    @classmethod
    def load(cls, path: Path) -> "Footprint":
        return cls(**json.loads(path.read_text()))


def raise_limits() -> None:
    """Raises the limits for inotify instances and watches to what several clusters need."""
    for name, least in LIMITS.items():
        value = _setting(name)
        if value is not None and int(value) < least:
            (PROC_SYS / name).write_text(str(least))


def undo_rules(before: str, now: str) -> list[list[str]]:
    """Arguments for iptables, a list for each call, that undo dockerd's changes between two ``iptables-save``.

    Rules are deleted first, then their chains, then the policy of FORWARD is reset. What existed before is preserved.
    """
    old = _lines(before)
    rules: list[list[str]] = []
    chains: list[tuple[str, str]] = []
    policies: list[list[str]] = []
    for table, line in _lines(now):
        if (table, line) in old:
            continue
        if line.startswith("-A") and ENGINE_RULE.search(line):
            rules.append(["-t", table, "-D", *shlex.split(line)[1:]])
        elif line.startswith(":DOCKER"):
            chain = line[1:].split()[0]
            if not any(t == table and entry.startswith(f":{chain} ") for t, entry in old):
                chains.append((table, chain))
        elif line.startswith(":FORWARD DROP"):  # it was ACCEPT before: otherwise the line would be in old
            policies.append(["-t", table, "-P", "FORWARD", "ACCEPT"])
    return [
        *rules,
        *(["-t", table, "-F", chain] for table, chain in chains),
        *(["-t", table, "-X", chain] for table, chain in chains),
        *policies,
    ]


def _lines(saved: str) -> dict[tuple[str, str], None]:
    """Rules and chains with their table, in order, without counters and comments."""
    table = ""
    lines: dict[tuple[str, str], None] = {}
    for line in saved.splitlines():
        if line.startswith("*"):
            table = line[1:]
        elif line.startswith((":", "-A")):
            lines[table, re.sub(r" \[\d+:\d+\]$", "", line)] = None
    return lines


def undo(before: Footprint, data: Path) -> None:
    """Undoes dockerd's changes since ``before``; ``data`` is its data folder. Can be repeated."""
    for name in _links():
        if ENGINE_LINK.match(name) and name not in before.links:
            succeeds([which("ip") or "ip", "link", "delete", name])
    for family, saved in Footprint.now().rules.items():
        for arguments in undo_rules(before.rules.get(family, ""), saved):
            run([which(family) or family, *arguments])
    for mount in mounts_below(data):
        run(["umount", "--lazy", mount])
    for top in _cgroups():
        if top not in before.cgroups:
            _remove_empty_tree(Path(top))
    for name, value in before.settings.items():
        if _setting(name) != value:
            (PROC_SYS / name).write_text(value)
    if "/etc/docker" not in before.folders:
        Path("/etc/docker/key.json").unlink(missing_ok=True)
    for folder in FOLDERS:
        if folder not in before.folders:
            _remove_empty_tree(Path(folder))


def _links() -> list[str]:
    return sorted(name for _, name in socket.if_nameindex())


def _cgroups() -> list[str]:
    """The engine's cgroups: one in every hierarchy of cgroup v1, or one of cgroup v2."""
    return sorted(str(path) for pattern in ("docker", "*/docker") for path in CGROUPS.glob(pattern))


def _setting(name: str) -> str | None:
    try:
        return (PROC_SYS / name).read_text().strip()
    except OSError:
        return None


def _remove_empty_tree(top: Path) -> None:
    """Removes empty folders from the deepest up (a cgroup with processes cannot be removed)."""
    if not top.is_dir():
        return
    for folder in [*sorted((p for p in top.rglob("*") if p.is_dir()), reverse=True), top]:
        try:
            folder.rmdir()
        except OSError:
            continue
