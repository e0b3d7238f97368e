"""Whether the mock is there. Whoever waits for it need not know its control token."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from mockwise.web.control.errors import documented

router = APIRouter(tags=["mock"])


class Health(BaseModel):
    """That the mock is there."""

    status: Literal["ok"] = "ok"
    version: str = Field(description="mockwise's.", examples=["0.1.0"])


@router.get("/health", summary="Is it there?", responses=documented(403))
async def health(request: Request) -> Health:
    """Answers as soon as the mock serves; needs no control token."""
    return Health(version=request.app.version)
