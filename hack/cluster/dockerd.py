"""The bootstrapped engine: Debian's dockerd with its own data folder, socket and addresses."""

import functools
import hashlib
import os
import shutil
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

from .cache import Cache, write
from .engine import Engine
from .errors import ClusterError
from .footprint import Footprint, raise_limits, undo
from .packages import which
from .pins import ENGINE_BRIDGE, ENGINE_POOL, TEST_RANGE
from .process import alive, run, succeeds, wait_until
from .progress import say, step

START_SECONDS = 60.0
STOP_SECONDS = 60.0


@dataclass(frozen=True)
class Dockerd:
    """One bootstrapped dockerd and its files.

    Files about running processes (pid, socket, the machine's state before the start) are in /run, which a reboot
    empties, and where paths are short enough for a socket; all other files are in the cache.
    """

    cache: Cache

    @property
    def run_folder(self) -> Path:
        name = hashlib.sha256(str(self.cache.root).encode()).hexdigest()[:8]
        return Path("/run") / f"make-mlops-easy-{name}"

    @property
    def pid_file(self) -> Path:
        return self.run_folder / "docker.pid"

    @property
    def before(self) -> Path:
        return self.run_folder / "before.json"

    @property
    def engine(self) -> Engine:
        return Engine("docker", f"unix://{self.run_folder}/docker.sock")

    @property
    def data(self) -> Path:
        return self.cache.root / "docker"

    @property
    def log(self) -> Path:
        return self.cache.logs / "dockerd.log"

    def pid(self) -> int | None:
        """The process ID of the running dockerd; None if it does not run."""
        return self._running(self.pid_file)

    def _running(self, pid_file: Path) -> int | None:
        try:
            pid = int(pid_file.read_text())
        except (OSError, ValueError):
            return None
        return pid if alive(pid, str(self.run_folder)) else None

    def has_crashed(self) -> bool:
        """Whether it was started since the last boot, was not stopped by ``stop``, and is not running."""
        return self.before.exists() and self.pid() is None

    def start(self, *, without_sys_resource: bool) -> None:
        """Starts dockerd unless it is running."""
        pid = self.pid()
        if pid:
            if not wait_until(self.engine.answers, seconds=START_SECONDS):
                raise ClusterError(f"dockerd (pid {pid}) runs but does not answer; see {self.log}")
            raise_limits()
            return
        with step("start of dockerd"):
            self.run_folder.mkdir(parents=True, exist_ok=True)
            self.cache.logs.mkdir(parents=True, exist_ok=True)
            if not self.before.exists():
                Footprint.now().save(self.before)
            raise_limits()
            for pid_file in (self.pid_file, self.run_folder / "exec/containerd/containerd.pid"):
                if self._running(pid_file) is None:  # left by a crash: dockerd would refuse to start
                    pid_file.unlink(missing_ok=True)
            process = self._spawn(without_sys_resource)
            started = functools.partial(self._answers_or_ended, process)
            if not wait_until(started, seconds=START_SECONDS) or not self.engine.answers():
                raise ClusterError(f"dockerd did not start; end of {self.log}:\n{_tail(self.log)}")
        self._keep_inside()

    def stop(self) -> None:
        """Stops dockerd and its containers, and undoes its changes to the machine."""
        pid = self.pid()
        if pid:
            with step("stop of dockerd"):
                os.kill(pid, signal.SIGTERM)
                gone = functools.partial(self._gone, pid)
                if not wait_until(gone, seconds=STOP_SECONDS):
                    say(f"dockerd (pid {pid}) does not stop: killing it")
                    os.kill(pid, signal.SIGKILL)
                    wait_until(gone, seconds=10)
        if self.before.exists():
            with step("undoing dockerd's changes to the machine"):
                undo(Footprint.load(self.before), self.data)
                undo_run = [self.run_folder / name for name in ("docker.sock", "docker.pid", "before.json")]
                for path in undo_run:
                    path.unlink(missing_ok=True)
                shutil.rmtree(self.run_folder, ignore_errors=True)

    def _spawn(self, without_sys_resource: bool) -> "subprocess.Popen[bytes]":
        dockerd = which("dockerd")
        if not dockerd:
            raise ClusterError("dockerd is not installed (Debian: apt-get install docker.io)")
        options = {
            "--data-root": self.data,
            "--exec-root": self.run_folder / "exec",
            "--pidfile": self.pid_file,
            "--host": self.engine.host,
            "--storage-driver": "overlay2",
            "--mtu": "1400",
            "--bip": ENGINE_BRIDGE,
            "--default-address-pool": ENGINE_POOL,
        }
        if without_sys_resource:
            runtime = self.cache.root / "runc-nores"
            write(runtime, Path(__file__).with_name("runc-nores").read_text(), mode=0o755)
            options |= {"--add-runtime": f"nores={runtime}", "--default-runtime": "nores"}
        argv = [dockerd, *(str(part) for pair in options.items() for part in pair)]
        path = {"PATH": f"{os.environ.get('PATH', '')}:/usr/local/sbin:/usr/sbin:/sbin"}
        with self.log.open("ab") as log:
            return subprocess.Popen(
                argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, cwd="/",
                env={**os.environ, **path},
            )  # fmt: skip

    def _answers_or_ended(self, process: "subprocess.Popen[bytes]") -> bool:
        return process.poll() is not None or self.engine.answers()

    def _gone(self, pid: int) -> bool:
        return not alive(pid, str(self.pid_file))

    def _keep_inside(self) -> None:
        """Rejects outgoing traffic to cluster addresses, which would leave until kube-proxy has set up its rules."""
        iptables = which("iptables") or "iptables"
        for uplink in uplinks(run([which("ip") or "ip", "-4", "route", "show", "default"])):
            rule = ["DOCKER-USER", "--destination", TEST_RANGE, "--out-interface", uplink, "--jump", "REJECT"]
            if not succeeds([iptables, "--check", *rule]):
                run([iptables, "--insert", *rule])


def uplinks(routes: str) -> list[str]:
    """Interfaces of the default routes, from the output of ``ip route show default``."""
    words = [line.split() for line in routes.splitlines()]
    return sorted({line[line.index("dev") + 1] for line in words if "dev" in line})


def _tail(path: Path) -> str:
    try:
        return "\n".join(path.read_text(errors="replace").splitlines()[-25:])
    except OSError:
        return "(empty)"
