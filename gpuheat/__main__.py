"""``python -m gpuheat`` is the command ``gpuheat``."""

from gpuheat.cli import main

raise SystemExit(main())
