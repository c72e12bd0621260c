"""The exit statuses of every command."""

CONFORMS, VIOLATES, BAD_USAGE, NOT_FULLY_JUDGED, SUITE_FAILED, INTERRUPTED = 0, 1, 2, 3, 4, 130
