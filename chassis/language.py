"""The language in which the caller reads."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from chassis.words import preferred_language


def caller_language(request: Request) -> str:
    return preferred_language(request.headers.get("accept-language"))


Language = Annotated[str, Depends(caller_language)]
