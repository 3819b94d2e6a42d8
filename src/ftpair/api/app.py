"""The HTTP application: the routes, the errors, and the door to the supervisor."""

from fastapi import FastAPI

import ftpair
from ftpair.api import (
    about,
    admitting,
    banning,
    certifying,
    changing,
    configuring,
    doctoring,
    events,
    guiding,
    health,
    history,
    identifying,
    journal,
    looking,
    pooling,
    problems,
    reporting,
    routing,
    upgrading,
)
from ftpair.api.access import Access
from ftpair.api.limiting import BodyLimit
from ftpair.api.newsroom import Newsroom
from ftpair.app.control import Control

ROUTERS = (
    looking.router,
    pooling.router,
    changing.router,
    upgrading.router,
    configuring.router,
    banning.router,
    doctoring.router,
    certifying.router,
    guiding.router,
    routing.router,
    identifying.router,
    admitting.router,
    events.router,
    history.router,
    journal.router,
    reporting.router,
    health.router,
    health.figures,
    about.router,
)


def create_app(control: Control, access: Access) -> FastAPI:
    """Return the application that asks the supervisor through `control` for those whom `access` knows."""
    app = FastAPI(
        title="ftpair",
        version=ftpair.__version__,
        summary="The load balancer for FTP and FTPS.",
        openapi_url=None,  # As every route, `about` has it for those who may.
        docs_url=None,  # The pages load scripts from other hosts.
        redoc_url=None,
    )
    app.state.control, app.state.access = control, access
    app.state.newsroom = Newsroom()
    for router in ROUTERS:
        app.include_router(router)
    problems.install(app)
    app.add_middleware(BodyLimit)
    return app
