"""What clients of Arcus are put through, beside what is shared by all venues."""
