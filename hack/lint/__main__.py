"""``python hack/lint``: makes the package importable from its folder, whatever the working directory is."""

import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parent.parent)

from lint.cli import main  # noqa: E402

sys.exit(main())
