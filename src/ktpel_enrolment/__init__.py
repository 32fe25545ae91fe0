"""The registry's field guide as the reference application on the public names of `ktpel_capture`."""
