"""What is checked: one folder a venue, one file a topic, one promise a test."""
