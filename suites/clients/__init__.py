"""Scenarios and rules for the clients of venues: what a partner's client is put through."""
