"""`python -m outdial`."""

from outdial.cli.main import main

main()
