"""F0: values that everyone shares. No I/O."""
