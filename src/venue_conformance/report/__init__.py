"""Verdicts and their renderings. Everything here is computed from masked records; nothing here talks to a target."""
