"""What a run would test, found out before it: its checks, what they need, its plan, what a target offers."""
