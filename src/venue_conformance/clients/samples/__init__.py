"""A right client of each venue, and faulty ones made from it: they prove that the scenarios catch what they are for."""
