"""What passes from hop to hop."""

from services.gateway.proxy.headers import from_upstream, to_upstream, with_authorization


def request(*headers: tuple[bytes, bytes]) -> dict[str, object]:
    return {
        "type": "http",
        "scheme": "https",
        "client": ("192.0.2.7", 4711),
        "headers": [(b"host", b"sdz.example"), *headers],
    }


def test_only_end_to_end_headers_pass() -> None:
    scope = request(
        (b"accept", b"application/json"),
        (b"if-match", b'"3.abc"'),
        (b"connection", b"keep-alive, X-Private"),
        (b"x-private", b"1"),
        (b"te", b"trailers"),
        (b"transfer-encoding", b"chunked"),
        (b"cookie", b"a=b"),
        (b"authorization", b"Bearer secret"),
        (b"traceparent", b"00-x"),
    )
    passed = dict(to_upstream(scope, {"authorization": "Bearer internal"}))
    assert passed == {
        "accept": "application/json",
        "if-match": '"3.abc"',
        "x-forwarded-for": "192.0.2.7",
        "x-forwarded-proto": "https",
        "x-forwarded-host": "sdz.example",
        "authorization": "Bearer internal",
    }


def test_what_only_the_platform_may_say_is_not_believed() -> None:
    scope = request(
        (b"x-forwarded-for", b"10.0.0.1"),
        (b"X-Forwarded-Prefix", b"/evil"),
        (b"forwarded", b"for=10.0.0.1"),
        (b"sdz-timeout-ms", b"1"),
        (b"SDZ-Anything", b"1"),
    )
    passed = to_upstream(scope, {"sdz-timeout-ms": "30000"})
    assert sorted(name for name, _ in passed) == [
        "sdz-timeout-ms",
        "x-forwarded-for",
        "x-forwarded-host",
        "x-forwarded-proto",
    ]
    assert dict(passed)["sdz-timeout-ms"] == "30000"
    assert dict(passed)["x-forwarded-for"] == "192.0.2.7"


def test_answers_keep_their_form() -> None:
    answered = [
        ("Content-Encoding", "gzip"),
        ("Content-Length", "20"),
        ("ETag", '"1.a"'),
        ("Connection", "close"),
        ("Set-Cookie", "a=b"),
        ("Server", "uvicorn"),
        ("Link", "</a>; rel=next"),
        ("Link", "</b>; rel=prev"),
    ]
    assert from_upstream(answered) == [
        (b"content-encoding", b"gzip"),
        (b"content-length", b"20"),
        (b"etag", b'"1.a"'),
        (b"link", b"</a>; rel=next"),
        (b"link", b"</b>; rel=prev"),
    ]


def test_one_authorization_or_none() -> None:
    given = [(b"Authorization", b"Bearer a"), (b"accept", b"*/*")]
    assert with_authorization(given, None) == [(b"accept", b"*/*")]
    assert with_authorization(given, "b") == [(b"accept", b"*/*"), (b"authorization", b"Bearer b")]
