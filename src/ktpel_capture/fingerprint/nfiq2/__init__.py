"""NFIQ 2.3, the fingerprint quality of ISO/IEC 29794-4, with NIST's own forest and identifiers."""
