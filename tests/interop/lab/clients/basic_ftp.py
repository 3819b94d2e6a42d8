"""basic-ftp of the Node world, driven by a small script; an abort closes the client, so a new session follows it."""

import dataclasses
import json

from tests.interop.lab import parts
from tests.interop.lab.clients.program import run_program
from tests.interop.lab.clients.steps import ClientError, Outcome, Step, Way


class BasicFtp:
    """basic-ftp."""

    name = "basic-ftp"

    def run(self, way: Way, steps: list[Step]) -> list[Outcome]:
        """Do all the steps in one process."""
        request = {
            "way": {**dataclasses.asdict(way), "ca": way.ca.read_text()},
            "steps": [{"verb": type(step).__name__, **dataclasses.asdict(step)} for step in steps],
        }
        command = [parts.program("node"), str(parts.CLIENT_SCRIPTS / "basic_ftp.mjs")]
        said = run_program(command, json.dumps(request, default=str), {"NODE_MODULES": str(parts.node_modules())})
        try:
            return [Outcome(**outcome) for outcome in json.loads(said.stdout)]
        except json.JSONDecodeError as error:
            raise ClientError(f"basic-ftp: {said.stderr}\n{said.stdout}") from error
