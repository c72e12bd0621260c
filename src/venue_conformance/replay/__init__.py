"""The requests of a check, made anew from its record and sent again."""
