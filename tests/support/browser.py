"""A real browser without a window, for pages that people open."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
# Nothing of it may reach for the network, nor for a graphics card.
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-extensions", "--virtual-time-budget=1000",
)  # fmt: skip


def rendered(page: Path) -> str:
    """The page's document as the browser has it after loading."""
    command = next((path for name in NAMES if (path := shutil.which(name))), None)
    assert command, f"none of {', '.join(NAMES)} is installed; on Debian: apt-get install chromium"
    with TemporaryDirectory() as profile:
        arguments = [command, *FLAGS, f"--user-data-dir={profile}", "--dump-dom", page.as_uri()]
        done = subprocess.run(arguments, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout
