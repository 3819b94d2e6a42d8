"""Configurations of other balancers, turned into one of ftpair."""
