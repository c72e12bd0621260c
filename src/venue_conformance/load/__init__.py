"""Conformance under load: users on Locust race each other over orders, and every answer is checked.

``command`` starts the processes and makes the report; ``process`` is what each of them runs, the only module that knows
Locust. It patches Python's sockets and threads before anything else is loaded, so that no other process may import it.
"""
