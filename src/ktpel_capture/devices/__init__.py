"""Peripherals behind typed protocols: addresses, drivers, transports, simulators, the conformance kit."""
