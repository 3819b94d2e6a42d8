"""F4: files of certificates watched, so that they can be renewed without a restart."""
