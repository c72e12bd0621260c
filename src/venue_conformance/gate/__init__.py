"""What CI asks of reports beyond one run: what got worse, which breaches are accepted, and shards made one."""
