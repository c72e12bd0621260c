"""What clients of every venue are put through: written once, judged under each venue's own clause ids."""
