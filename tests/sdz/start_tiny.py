"""`sdz up` with the tiny application in place of the services; argument: the name of the factory."""

import sys

from sdz.cli import report_trouble
from sdz.settings import read_settings
from sdz.up import run

if __name__ == "__main__":
    with report_trouble():
        run(read_settings(), demo=False, application=f"tests.sdz.tiny_app:{sys.argv[1]}")
