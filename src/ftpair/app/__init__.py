"""F5: the one place where the parts meet: start order, stop order, actions, status."""
