"""The doctor: visits real servers and the VIP as a client would, and says what is wrong, why, and what to do."""
