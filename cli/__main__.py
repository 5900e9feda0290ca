"""``python -m cli`` is ``pushrail``."""

from cli.main import main

main(prog_name="pushrail")
