"""What to do on real servers and firewalls for a service, in words and in files that can be used as they are."""
