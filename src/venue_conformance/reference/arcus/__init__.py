"""The Arcus reference: batch cancel and its orders channel as the page promises them, and the endpoints around them."""
