"""The HTTP application: the routes, the errors, and the door to the supervisor."""

from fastapi import FastAPI

import ftpair
from ftpair.api import about, banning, changing, configuring, health, looking, problems, routing
from ftpair.api.asking import Door
from ftpair.app.control import Control

ROUTERS = (
    looking.router,
    changing.router,
    configuring.router,
    banning.router,
    routing.router,
    health.router,
    about.router,
)


def create_app(control: Control) -> FastAPI:
    """Return the application that asks the supervisor through `control`."""
    app = FastAPI(
        title="ftpair",
        version=ftpair.__version__,
        summary="The load balancer for FTP and FTPS.",
        openapi_url="/api/v1/openapi.json",
        docs_url=None,  # The pages load scripts from other hosts.
        redoc_url=None,
    )
    app.state.door = Door(control)
    for router in ROUTERS:
        app.include_router(router)
    problems.install(app)
    return app
