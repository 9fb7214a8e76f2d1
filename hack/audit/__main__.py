"""``python hack/audit``: makes the packages below hack/ importable, whatever the working directory is."""

import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parent.parent)

from audit.table import main  # noqa: E402

sys.exit(main())
