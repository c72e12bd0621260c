"""What our CI files have to do beside the commands of the suite."""
