"""Each way of being misconfigured that the doctor knows, with real servers, and exactly what he finds."""

from tests.interop.lab.sick import at_vip, clocks_and_sets, data, entering, passive, security
from tests.interop.lab.sick.cases import CASES

__all__ = ["CASES", "at_vip", "clocks_and_sets", "data", "entering", "passive", "security"]
