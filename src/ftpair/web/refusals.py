"""What is refused, as people see it: a message on the page they are on, or a page that says it. The API has its own."""

from urllib.parse import urlencode

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from ftpair.api.problems import RefusalError, answer_to, places
from ftpair.web.acting import toast
from ftpair.web.pages import page


def install(site: FastAPI) -> None:
    """Answer errors of pages with HTML."""
    for kind in (RefusalError, RequestValidationError, HTTPException):
        site.add_exception_handler(kind, _on_error)


async def _on_error(request: Request, error: Exception) -> Response:
    if _is_for_machines(request):
        return await answer_to(request, error)
    refusal = _refusal_of(error)
    status, title = refusal.status, refusal.title
    if isinstance(error, HTTPException):
        status, title = error.status_code, str(error.detail)
    is_part = "hx-request" in request.headers
    if refusal.kind == "not-identified":
        return _to_login(request, is_part=is_part)
    if is_part:
        return toast(refusal.sentence, is_bad=True, status=status)
    return page(request, "refused.html", status, heading=title, sentence=refusal.sentence)


def _refusal_of(error: Exception) -> RefusalError:
    if isinstance(error, RefusalError):
        return error
    # The words of FastAPI's own error repeat what was typed, passwords too, and name our files.
    return RefusalError("wrong-request", places(error) if isinstance(error, RequestValidationError) else str(error))


def _is_for_machines(request: Request) -> bool:
    path = request.url.path
    return path.startswith("/api/") or path in {"/livez", "/readyz", "/healthz", "/metrics"}


def _to_login(request: Request, *, is_part: bool) -> Response:
    """Ask who it is, and come back to the page that was meant."""
    if is_part:
        return Response(status_code=204, headers={"HX-Redirect": "/login"})
    if request.headers.get("accept", "").startswith("text/event-stream") or request.url.path == "/session":
        return Response(status_code=401)
    there = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return RedirectResponse(f"/login?{urlencode({'next': there})}", 303)
