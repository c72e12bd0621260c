"""What callers of all venues share: sessions, callers, orders, polling, comparison, blame."""
