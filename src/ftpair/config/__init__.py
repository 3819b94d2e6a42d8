"""F3: frozen models, load and save, problems with their path, the plan and the steps to it."""
