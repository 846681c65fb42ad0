"""`python -m liuhe` is the command `liuhe`."""

import sys

from liuhe.cli import main

sys.exit(main())
