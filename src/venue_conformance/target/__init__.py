"""One deployment of one venue: its target file, the production guard, and its provider states.

This layer knows no venue; each venue gives the shape of its credentials and the hosts of its production.
"""
