"""The PredictStreet reference: batch cancel as its page promises it, and the endpoints around it."""
