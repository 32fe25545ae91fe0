"""Sample data: a roster, the schools of a regency, deviations of the sample register. All persons are invented."""
