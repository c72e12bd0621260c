"""A demo venue that keeps its promises, mutants that each break one, and a variant that breaks none."""
