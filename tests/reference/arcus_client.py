"""A caller for the Arcus reference that signs by the documentation's recipe with code of its own.

Its Ed25519 is not the venue's: signatures come from the `cryptography`-free arithmetic of RFC 8032 below, so that the
verifier is met by a second implementation in every test, as it is by openssl's in the vectors.
"""
