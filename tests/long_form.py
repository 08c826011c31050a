"""Whether tests that have a short and a long form run the long one: `make test-long` asks for it."""

import os
from typing import Final

LONG: Final = os.environ.get("SDZ_TEST_LONG") == "1"
