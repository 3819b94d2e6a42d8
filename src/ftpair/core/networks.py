"""Networks of addresses, in text: `10.0.0.0/8`, `2001:db8::/32`."""

from functools import lru_cache
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network


def contain(networks: tuple[str, ...], host: str) -> bool:
    """Return whether one of the networks holds the address; an IPv4 address mapped into IPv6 is an IPv4 one."""
    if not networks:
        return False
    address = ip_address(host.partition("%")[0])
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    return any(address in network for network in _parsed(networks))


def lies_in(network: str, wider: str) -> bool:
    """Return whether every address of a network is one of a wider one, too, or of the same."""
    (inner,), (outer,) = _parsed((network,)), _parsed((wider,))
    return outer.version == inner.version and inner.subnet_of(outer)  # type: ignore[arg-type]  # Of one version.


@lru_cache(maxsize=4096)
def around(host: str) -> str:
    """Return the network of an address as neighbours share it: 24 bits of IPv4, 64 of IPv6."""
    address = ip_address(host.partition("%")[0])
    return str(ip_network(f"{address}/{64 if address.version == 6 else 24}", strict=False))


@lru_cache(maxsize=1024)
def _parsed(networks: tuple[str, ...]) -> tuple[IPv4Network | IPv6Network, ...]:
    return tuple(map(ip_network, networks))
