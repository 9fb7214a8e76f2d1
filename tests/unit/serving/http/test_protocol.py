"""HTTP/1.1 on real sockets, with a handler that tells what it got."""

from __future__ import annotations

from collections.abc import Iterator

import orjson
import pytest
from easy_mlops.serving.http.exchange import Exchange
from easy_mlops.serving.http.limits import KIB, Limits
from hypothesis import given
from hypothesis import strategies as st
from scoring_service import Running, http_server
from wire import Wire, request

LIMITS = Limits(head=4 * KIB, headers=20, body=100 * KIB, pipeline=8)


class Echo:
    """Answers with the request; a path `/held…` waits until `release` is called."""

    def __init__(self) -> None:
        self.held: list[Exchange] = []

    def __call__(self, exchange: Exchange) -> None:
        if exchange.path.startswith(b"/held"):
            self.held.append(exchange)
        else:
            self.answer(exchange)

    @staticmethod
    def answer(exchange: Exchange) -> None:
        told = {
            "method": exchange.method.decode(),
            "path": exchange.path.decode(),
            "query": exchange.query.decode(),
            "size": len(exchange.body),
            "body": exchange.body[:100].decode("latin-1"),
        }
        exchange.respond(200, orjson.dumps(told), headers=b"X-Extra: 1\r\n")

    def release(self) -> None:
        for exchange in reversed(self.held):
            self.answer(exchange)
        self.held.clear()


@pytest.fixture(scope="module")
def echo() -> Echo:
    return Echo()


@pytest.fixture(scope="module")
def running(echo: Echo) -> Iterator[Running]:
    with http_server(lambda: echo, LIMITS) as server:
        yield server


@pytest.fixture
def wire(running: Running) -> Iterator[Wire]:
    with Wire(running.port) as connection:
        yield connection


def test_a_connection_is_kept_for_any_number_of_requests(wire: Wire) -> None:
    for i in range(5):
        answer = wire.post(f"/a?{i}", b"x" * i)
        assert answer.status == 200
        assert answer.json == {"method": "POST", "path": "/a", "query": str(i), "size": i, "body": "x" * i}
        assert "connection" not in answer.headers
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-extra"] == "1"
    assert answer.headers["date"].endswith("GMT")


def test_a_request_may_arrive_byte_by_byte(wire: Wire) -> None:
    for byte in request("POST", "/slow", b"body", x_long="h" * 50):
        wire.send(bytes([byte]))
    assert wire.receive().json["body"] == "body"


def test_pipelined_requests_are_answered_in_order_whoever_is_ready_first(
    wire: Wire, running: Running, echo: Echo
) -> None:
    wire.send(b"".join(request("GET", path) for path in ("/held1", "/2", "/held3", "/4")))
    running.call(lambda: None)
    running.until(lambda: len(echo.held) == 2)
    running.call(echo.release)
    assert [wire.receive().json["path"] for _ in range(4)] == ["/held1", "/2", "/held3", "/4"]


def test_many_pipelined_requests_all_get_their_answers(wire: Wire) -> None:
    wire.send(b"".join(request("GET", f"/{i}") for i in range(500)))
    assert [wire.receive().json["path"] for _ in range(500)] == [f"/{i}" for i in range(500)]


def test_a_chunked_body_is_put_together(wire: Wire) -> None:
    head = b"POST /c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
    wire.send(head + b"3\r\nabc\r\n2;ext=1\r\nde\r\n0\r\nTrailer: x\r\n\r\n" + request("GET", "/next"))
    assert wire.receive().json["body"] == "abcde"
    assert wire.receive().json["path"] == "/next"


def test_head_gets_the_header_without_the_body(wire: Wire) -> None:
    answer = wire.get("/x", "HEAD")
    assert int(answer.headers["content-length"]) > 0
    assert wire.get("/x").json["method"] == "GET"


def test_connection_close_is_honoured_and_what_follows_is_ignored(wire: Wire) -> None:
    wire.send(request("GET", "/1", connection="close") + request("GET", "/2"))
    answer = wire.receive()
    assert answer.headers["connection"] == "close"
    assert wire.closed()


@pytest.mark.parametrize(("header", "kept"), [(b"", False), (b"Connection: keep-alive\r\n", True)])
def test_http_1_0_is_kept_only_when_asked(wire: Wire, header: bytes, kept: bool) -> None:
    wire.send(b"GET /old HTTP/1.0\r\n" + header + b"\r\n")
    answer = wire.receive()
    assert answer.headers["connection"] == ("keep-alive" if kept else "close")
    assert kept or wire.closed()


def test_expect_100_continue_is_answered_before_the_body(wire: Wire) -> None:
    whole = request("POST", "/e", b"body", expect="100-continue")
    wire.send(whole[:-4])
    assert wire.receive().status == 100
    wire.send(b"body")
    assert wire.receive().json["body"] == "body"


def test_continue_waits_for_the_answers_before_it(wire: Wire, running: Running, echo: Echo) -> None:
    wire.send(request("GET", "/held") + request("POST", "/e", b"body", expect="100-continue")[:-4])
    running.until(lambda: echo.held)
    running.call(echo.release)
    assert wire.receive().json["path"] == "/held"
    assert wire.receive().status == 100
    wire.send(b"body")
    assert wire.receive().json["body"] == "body"


def test_another_expectation_is_417(wire: Wire) -> None:
    assert wire.post("/", b"x", expect="a miracle").status == 417


@pytest.mark.parametrize("body", [b"", b"some body"])
def test_an_offer_to_upgrade_is_declined_by_going_on(wire: Wire, body: bytes) -> None:
    upgrade = {"connection": "Upgrade, HTTP2-Settings", "upgrade": "h2c", "http2_settings": "AAMAAABk"}
    wire.send(request("POST", "/u", body, **upgrade) + request("GET", "/next"))
    assert wire.receive().json["body"] == body.decode()
    assert wire.receive().json["path"] == "/next"


def test_the_absolute_form_of_a_target_is_taken(wire: Wire) -> None:
    assert wire.get("http://example.org/p/q?r").json == {
        "method": "GET",
        "path": "/p/q",
        "query": "r",
        "size": 0,
        "body": "",
    }


def test_what_was_answered_reaches_a_client_that_stops_sending(wire: Wire) -> None:
    wire.send(request("GET", "/1") + request("GET", "/2"))
    wire.half_close()
    assert [wire.receive().json["path"] for _ in range(2)] == ["/1", "/2"]
    assert wire.closed()


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (b"nonsense\r\n\r\n", 400),
        (b"GET /\r\n\r\n", 505),
        (b"GET / HTTP/1.1\r\n\r\n", 400),  # no Host
        (b"GET / HTTP/1.1\nHost: a\n\n", 400),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
        (b"\x16\x03\x01\x02\x00\x01\x00", 400),  # TLS
        (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", 400),
        (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400),
        (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 102401\r\n\r\n", 413),
        (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999999\r\n\r\n", 400),
        (b"GET /" + b"a" * 5000 + b" HTTP/1.1\r\nHost: a\r\n\r\n", 431),
        (b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 5000 + b"\r\n\r\n", 431),
        (b"GET / HTTP/1.1\r\nHost: a\r\n" + b"".join(b"X%d: 1\r\n" % i for i in range(30)) + b"\r\n", 431),
        (b"CONNECT example.org:443 HTTP/1.1\r\nHost: a\r\n\r\n", 405),
    ],
)
def test_what_cannot_be_served_is_refused_with_a_reason_and_the_connection_closed(
    wire: Wire, raw: bytes, status: int
) -> None:
    wire.send(raw)
    answer = wire.receive()
    assert answer.status == status
    assert answer.json["error"]
    assert answer.headers["connection"] == "close"
    assert wire.closed()


def test_a_header_without_end_is_refused(wire: Wire) -> None:
    wire.send(b"GET / HTTP/1.1\r\nHost: a\r\nX: ")
    for _ in range(20):
        wire.send(b"a" * 1000)
    assert wire.receive().status == 431


def test_a_refused_upload_gets_its_answer_although_it_goes_on(wire: Wire) -> None:
    wire.send(b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
    for _ in range(30):
        wire.send(b"2000\r\n" + b"x" * 0x2000 + b"\r\n")
    assert wire.receive().status == 413
    assert wire.closed()


def test_an_error_comes_after_the_answers_before_it(wire: Wire, running: Running, echo: Echo) -> None:
    wire.send(request("GET", "/held") + b"nonsense\r\n\r\n")
    running.until(lambda: echo.held)
    running.call(echo.release)
    assert wire.receive().json["path"] == "/held"
    assert wire.receive().status == 400
    assert wire.closed()


def test_a_client_that_leaves_is_noticed(running: Running, echo: Echo) -> None:
    with Wire(running.port) as leaving:
        leaving.send(request("POST", "/held", b"x" * 1000))
        running.until(lambda: echo.held)
    running.until(lambda: echo.held[0].abandoned)
    running.call(echo.release)
    assert running.server.buffered == 0


@given(data=st.data())
def test_cutting_the_stream_anywhere_changes_no_answer(running: Running, data: st.DataObject) -> None:
    stream = b"".join(
        [
            request("POST", "/1", b"a" * 50),
            b"POST /2 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
            request("GET", "/3", connection="Upgrade", upgrade="h2c"),
            request("POST", "/4", b"zz", connection="close"),
        ]
    )
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=6)))
    with Wire(running.port) as wire:
        for start, stop in zip([0, *cuts], [*cuts, len(stream)], strict=True):
            wire.send(stream[start:stop])
        assert [(a.json["path"], a.json["size"]) for a in (wire.receive() for _ in range(4))] == [
            ("/1", 50),
            ("/2", 3),
            ("/3", 0),
            ("/4", 2),
        ]
        assert wire.closed()


@given(junk=st.binary(max_size=200))
def test_no_bytes_stop_the_server(running: Running, junk: bytes) -> None:
    with Wire(running.port) as wire:
        wire.send(junk)
        wire.half_close()
        try:
            while True:
                assert wire.receive().status in (200, 400, 405, 417, 431, 505)
        except (EOFError, ConnectionResetError):
            pass
    with Wire(running.port) as wire:
        assert wire.get("/alive").status == 200


@pytest.fixture
def impatient() -> Iterator[Running]:
    limits = Limits(read_timeout=0.2, idle_timeout=0.2, write_timeout=0.2, linger=0.2)
    with http_server(Echo, limits) as server:
        yield server


def test_a_request_that_does_not_arrive_in_time_is_408(impatient: Running) -> None:
    with Wire(impatient.port) as wire:
        wire.send(request("POST", "/", b"body")[:-2])
        assert wire.receive().status == 408
        assert wire.closed()


@pytest.mark.parametrize("first", [b"", request("GET", "/")])
def test_an_idle_connection_is_closed_without_a_word(impatient: Running, first: bytes) -> None:
    with Wire(impatient.port) as wire:
        if first:
            wire.send(first)
            assert wire.receive().status == 200
        assert wire.closed()


def test_a_client_that_takes_no_answers_is_cut_off() -> None:
    asked: list[bytes] = []

    def large(exchange: Exchange) -> None:
        asked.append(exchange.path)
        exchange.respond(200, b"x" * 4_000_000)

    with (
        http_server(lambda: large, Limits(write_timeout=0.2)) as server,
        Wire(server.port) as wire,
    ):
        wire.send(request("GET", "/") * 20)
        server.until(lambda: asked and not server.server.connections)
        with pytest.raises((ConnectionResetError, EOFError)):
            while True:
                wire.receive()


def test_over_the_limit_of_connections_the_idlest_makes_room() -> None:
    with http_server(Echo, Limits(connections=2)) as server, Wire(server.port) as one, Wire(server.port) as two:
        assert one.get("/").status == two.get("/").status == 200
        with Wire(server.port) as three:
            assert three.get("/").status == 200
            assert one.closed()
            assert two.get("/").status == 200


def test_over_the_limit_of_connections_nobody_at_work_is_cut_off() -> None:
    echo = Echo()
    with http_server(lambda: echo, Limits(connections=1)) as server, Wire(server.port) as working:
        working.send(request("GET", "/held"))
        server.until(lambda: echo.held)
        with Wire(server.port) as late:
            assert late.receive().status == 503
            assert late.closed()
        server.call(echo.release)
        assert working.receive().status == 200


def test_large_bodies_share_a_limit() -> None:
    echo = Echo()
    limits = Limits(bodies=100 * KIB, small_body=KIB)
    with http_server(lambda: echo, limits) as server, Wire(server.port) as one, Wire(server.port) as two:
        one.send(request("POST", "/held", b"x" * 90 * KIB))
        server.until(lambda: echo.held)
        assert two.post("/", b"x" * 20 * KIB).status == 503
        with Wire(server.port) as three:
            assert three.post("/", b"x" * 100).status == 200
        server.call(echo.release)
        assert one.receive().status == 200
        with Wire(server.port) as four:
            assert four.post("/", b"x" * 90 * KIB).status == 200
        assert server.call(lambda: server.server.buffered) == 0
