"""`/docs`, which works offline: FastAPI's own page loads its scripts from a CDN; these come out of a package."""

from __future__ import annotations

from importlib.resources import files

from fastapi import APIRouter
from fastapi.openapi.docs import get_swagger_ui_html
from starlette.exceptions import HTTPException
from starlette.responses import Response

from mockwise.web.access import DOCS_PATH, OPENAPI_PATH

# A package of Swagger UI's files; it is not imported for anything else.
_PACKAGE, _FOLDER = "fastapi_offline", "static"
_TYPES = {
    "swagger-ui-bundle.js": "text/javascript; charset=utf-8",
    "swagger-ui.css": "text/css; charset=utf-8",
    "favicon.png": "image/png",
}

router = APIRouter(include_in_schema=False)


@router.get(DOCS_PATH)
async def docs() -> Response:
    """Swagger UI for the control API."""
    script, style, icon = (f"{DOCS_PATH}/{name}" for name in _TYPES)
    return get_swagger_ui_html(
        openapi_url=OPENAPI_PATH,
        title="mockwise control API",
        swagger_js_url=script,
        swagger_css_url=style,
        swagger_favicon_url=icon,
    )


@router.get(DOCS_PATH + "/{name}")
async def asset(name: str) -> Response:
    """A file of the page."""
    if name not in _TYPES:
        raise HTTPException(404)
    content = files(_PACKAGE).joinpath(_FOLDER, name).read_bytes()
    return Response(content, media_type=_TYPES[name], headers={"cache-control": "max-age=86400"})
