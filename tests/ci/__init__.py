"""What runs in CI: its files are linted, and the scripts inside are run."""
