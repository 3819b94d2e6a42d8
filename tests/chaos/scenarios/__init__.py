"""The scenarios, by what the fault strikes; every module here is found by itself."""
