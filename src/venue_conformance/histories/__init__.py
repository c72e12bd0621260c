"""Order life cycles, and whether some serial order explains a set of concurrent answers. Knows no venue."""
