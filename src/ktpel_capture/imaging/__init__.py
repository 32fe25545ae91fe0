"""Image routines that several modalities share; nothing here knows what a finger or an eye is."""
