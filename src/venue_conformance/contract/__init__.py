"""What is promised: clauses, their sources and the OpenAPI documents, loaded and validated. Imports no other layer."""
