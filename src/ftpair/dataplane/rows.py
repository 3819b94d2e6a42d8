"""Sessions and transfers as people see them."""

from ftpair.core.status import SessionRow, TransferRow
from ftpair.dataplane.driver import Driver


def session_row(driver: Driver, now: float) -> SessionRow:
    """Return the row of a live session."""
    session = driver.session
    return SessionRow(
        id=driver.name,
        service=driver.service.plan.name,
        client=str(session.client),
        entrance=driver.entrance,
        user=session.user,
        server=session.server.name if session.server is not None else "",
        state=session.state,
        tls=f"{session.tls.version} {session.tls.cipher}" if session.tls is not None else "clear",
        seconds=now - driver.began,
        idle_seconds=0.0 if session.transfer is not None else now - driver.heard,
        transfers=session.transfers,
        bytes_up=session.bytes_up + _moving(driver, "up"),
        bytes_down=session.bytes_down + _moving(driver, "down"),
        command=session.last_command,
        worker=driver.worker.number,
        rescued_from=session.rescued_from,
    )


def _moving(driver: Driver, direction: str) -> int:
    """Return what the running transfer has moved that way; the session counts ended ones only."""
    transfer = driver.session.transfer
    return driver.moved if transfer is not None and transfer.direction == direction and not transfer.bytes else 0


def transfer_row(driver: Driver, now: float) -> TransferRow | None:
    """Return the row of its running transfer."""
    session = driver.session
    transfer = session.transfer
    if transfer is None:
        return None
    seconds = max(now - transfer.started, 1e-6)
    return TransferRow(
        session=driver.name,
        service=driver.service.plan.name,
        client=str(session.client),
        user=session.user,
        server=session.server.name if session.server is not None else "",
        verb=transfer.verb,
        path=transfer.path,
        direction=transfer.direction,
        bytes=driver.moved,
        seconds=seconds,
        bytes_per_second=driver.moved / seconds,
    )
