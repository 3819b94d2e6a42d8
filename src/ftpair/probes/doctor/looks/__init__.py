"""What is made of what was seen: each room looks for some ailments and yields their symptoms. Pure."""
