"""Driver of the Acme scanner for ktpel_capture."""
