"""``python3 hack/cluster``: makes the package importable from its folder, whatever the working directory is."""

import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parent.parent)

from cluster.cli import main  # noqa: E402

sys.exit(main(sys.argv[1:]))
