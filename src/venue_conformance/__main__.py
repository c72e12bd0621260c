"""``python -m venue_conformance`` is the command."""

from venue_conformance.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
