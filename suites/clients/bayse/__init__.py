"""What clients of Bayse are put through, beside what is shared by all venues."""
