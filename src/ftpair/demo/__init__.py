"""The demonstration, below the doors: a service with three real servers on loopback, and real files through it."""
