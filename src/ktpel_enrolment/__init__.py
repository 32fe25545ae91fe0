"""Field enrolment of first-time card holders at their schools, on the public names of `ktpel_capture` alone.

The registry's technical guide as a reference application: roster and schedule, identity check, capture, store, backup,
printing and hand-over. Simulated persons only until the store is encrypted.
"""
