"""Routes that need no supervisor: the version and the configuration's schema."""

import platform
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

import ftpair
from ftpair.api import examples
from ftpair.api.access import may
from ftpair.api.bodies import Versions
from ftpair.api.problems import ASKING, documented
from ftpair.config.schema import schema as json_schema

router = APIRouter(prefix="/api/v1", tags=["about"], dependencies=[may("viewer")], responses=documented(*ASKING))


@router.get("/version", summary="Versions", responses=examples.ok(examples.VERSIONS))
async def version() -> Versions:
    """Return the versions of ftpair, of this API and of Python."""
    return Versions(ftpair.__version__, "v1", platform.python_version())


@router.get("/schema", summary="JSON Schema of the configuration")
async def schema() -> dict[str, Any]:
    """Return the JSON Schema of the configuration file, for editors."""
    return json_schema()


@router.get("/openapi.json", include_in_schema=False)
async def openapi(request: Request) -> JSONResponse:
    """Return the description of this API (OpenAPI)."""
    return JSONResponse(request.app.openapi())
