"""`python -m cxrforge` is `cxrforge`."""

from cxrforge.cli.main import main

main()
