"""Makes the programs under ``hack/`` importable, as they are for ``python3 hack/cluster``."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "hack"))
