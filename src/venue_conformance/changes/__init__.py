"""What a changed OpenAPI or AsyncAPI document means for its callers, and which clauses and checks it touches."""
