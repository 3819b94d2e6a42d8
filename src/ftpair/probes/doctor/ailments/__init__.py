"""Every ailment that the doctor knows, in tables; the looks of the same names find them."""
