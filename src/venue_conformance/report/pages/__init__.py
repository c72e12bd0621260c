"""The reports that are read in a browser: what each part of a page shows, worked out before its template renders it."""
