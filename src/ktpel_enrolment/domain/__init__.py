"""The rules of the registry, as plain values and functions: no device, no store, no clock of its own."""
