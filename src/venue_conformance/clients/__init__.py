"""Certifies clients: drives one through its adaptor before a staged venue, and judges what it sends and says."""
