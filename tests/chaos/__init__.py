"""The chaos suite: faults under load, and what each of them costs. `make chaos` writes it to `docs/reliability.md`.

A scenario is a function in a module of `tests/chaos/scenarios/`; every module there is found by itself:

    from tests.chaos.crowd import crowd
    from tests.chaos.scenario import FTP_MODE, Figures, Run, scenario
    from tests.chaos.site import site

    @scenario("A worker is killed (kill -9).", on=FTP_MODE)
    def worker_killed(run: Run) -> Figures:
        with site(run) as node, crowd(run, node) as clients:
            with clients.fault():
                os.kill(node.pids()["worker 0"], signal.SIGKILL)
            return clients.figures()

- The function's name, with dashes, is the scenario's (`--only worker-killed`); the sentence is what the table
  shows: it names the fault.
- `on` are the kinds of service that it runs on, a row of the table for each: `ftp` and `ftps` (FTP mode, clear or
  TLS on both legs), `haproxy` and `builtin` (TCP mode, TLS untouched). `FTP_MODE`, `TCP_MODE` and `EVERYWHERE` are
  tuples of them.
- `times` is how often a fault is repeated (`@scenario("... 1,000 times.", on=("ftp",), times=1000)`): read it from
  `run.times`, which `--times` changes. `run.seconds` is how long load runs before and after the fault
  (`--seconds`); `run.chance` is seeded by the name.
- `site(run)` is a vsftpd, a ProFTPD and a pyftpdlib, which share their files, behind one `ftpair serve`. Keyword
  arguments are settings of the service (`site(run, rescue="transfers")`), `servers=("vsftpd", "vsftpd")` other
  makes. `node.servers` has them by name (`SVR1`: `.kill()`, `.start()`, `.stop()`), `node.balancer` is the lab's
  `Balancer`, `node.pids()` names the processes.
- `crowd(run, node)` are clients, at work as soon as the block begins, every file of theirs verified by its
  checksum: some keep their session, some come and go, some are idle; curl and lftp. `Cast` says how many.
  `clients.fault()` is the time of the fault: what stands when it begins is what can be held. `clients.figures()`
  waits until every client has been served again, lets them go on for `run.seconds`, and counts.

What is counted (`Figures`): the sessions that stood when the fault began, and those held (nothing but their own
QUIT ended them); the transfers that began in the whole run, and those lost (the client was told so, or saw a
connection break); the seconds until service: how much later than undisturbed the last client had its first whole
file that began after the fault; files wrong. A file is wrong if the client was told `226`, saw a clean end, and the
bytes differ (uploads: those on the server's disk). A wrong file, a service that does not come back, or what a scenario
calls undue (a change that costs a client anything, a refused connection too), ends `make chaos` with status 1.

`tests/chaos/test_quick.py` plays some at small size in `make test`. That a wrong file is seen is proved in
`test_visits.py`.
"""
