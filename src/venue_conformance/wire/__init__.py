"""Exchanges with a target over HTTP: sent, paced, recorded, masked. Knows no venue."""
