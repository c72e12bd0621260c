"""The Bayse reference: batch cancel as the page promises it, and the endpoints around it that provision its orders."""
