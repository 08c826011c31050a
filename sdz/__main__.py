"""`python -m sdz`."""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 - said in one line before an import fails for it
    sys.exit("SDZ needs Python 3.11 or newer 需要 Python 3.11 或更新版本")

from sdz.cli import main

main()
