from __future__ import annotations

import pytest

from mockwise.common.urls import check_upstream
from mockwise.errors import InvalidValueError


@pytest.mark.parametrize(
    ("url", "checked"),
    [
        ("http://localhost:9000", "http://localhost:9000"),
        ("https://wise.test/base/", "https://wise.test/base"),
        ("http://[::1]:9000/", "http://[::1]:9000"),
    ],
)
def test_an_upstream_is_an_http_url(url: str, checked: str) -> None:
    """A path goes in front of all others; the slash at its end does not count."""
    assert check_upstream(url) == checked


@pytest.mark.parametrize(
    "url",
    [
        *("", "localhost:9000", "/v1", "ftp://x", "http://", "http://u:p@x", "http://x?a=1", "http://x#a"),
        *(
            "http://x:port",
            "http://x:0",
            "http://x:99999",
            "http://[::1",
            "http://x y",
            "http://é.test",
            "http://x\n",
        ),
    ],
)
def test_what_is_no_http_url_is_refused(url: str) -> None:
    """The message says what is one."""
    with pytest.raises(InvalidValueError, match="an upstream is an http or https URL"):
        check_upstream(url)
