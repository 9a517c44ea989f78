"""A stranger on this machine: finds every port that a program and its children listen on, and tries to get in.

A stranger has no keys, but may make some: TLS ports are tried without a certificate and with one of the stranger's own.
"""

from __future__ import annotations

import http.client
import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

from storage.seaweed import inner_tls

LOOPBACK = "127.0.0.1"
SECONDS = 10.0
H2_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\x00\x00\x00\x04\x00\x00\x00\x00\x00"
"""How an HTTP/2 client begins (RFC 9113, 3.4): a server that talks gRPC in the clear answers with its settings."""
TLS_WANTED = 400
"""Go's answer to plain HTTP where TLS is spoken."""

INNER = [
    ("GET", "/"),
    ("GET", "/status"),
    ("GET", "/healthz"),
    ("GET", "/metrics"),
    ("GET", "/ui/index.html"),
    ("GET", "/stats/counter"),
    ("GET", "/stats/memory"),
    ("GET", "/stats/disk"),
    ("GET", "/debug/pprof/"),
    ("GET", "/debug/pprof/heap"),
    ("GET", "/cluster/status"),
    ("GET", "/cluster/healthz"),
    ("GET", "/dir/assign?collection=kring"),
    ("POST", "/dir/assign"),
    ("GET", "/dir/lookup?volumeId=1"),
    ("GET", "/dir/lookup?fileId=1,0101abcdef00&read=yes"),
    ("GET", "/dir/status"),
    ("GET", "/vol/status"),
    ("GET", "/vol/grow?count=1"),
    ("GET", "/vol/vacuum"),
    ("GET", "/collection/info?collection=kring"),
    ("GET", "/col/delete?collection=kring"),
    ("POST", "/submit"),
    ("GET", "/admin/assign_volume?volume=9"),
    ("POST", "/admin/vacuum/check"),
    ("GET", "/buckets/?limit=1000"),
    ("GET", "/buckets/kring/"),
    ("POST", "/buckets/kring/stranger"),
    ("PUT", "/buckets/kring/stranger"),
    ("DELETE", "/buckets/kring?recursive=true"),
    ("GET", "/1,0101abcdef00"),
    ("PUT", "/1,0101abcdef00"),
    ("DELETE", "/1,0101abcdef00"),
    ("GET", "/api/cluster/topology"),
    ("GET", "/api/s3/buckets"),
    ("GET", "/api/files/list"),
    ("GET", "/api/users"),
    ("POST", "/api/users"),
    ("DELETE", "/api/s3/buckets/kring"),
    ("POST", "/.tus/"),
    ("OPTIONS", "/"),
]
"""What the inner parts of SeaweedFS 4.48 answer when they are open: master, volume server, filer, admin."""


@dataclass(frozen=True)
class Answer:
    """What a request got; `status` 0: the connection was closed without an answer."""

    status: int
    body: bytes = b""


def listeners(pid: int) -> set[tuple[str, int]]:
    """Address and port of everything that the process and all it has started listen on."""
    top = psutil.Process(pid)
    found: set[tuple[str, int]] = set()
    for process in [top, *top.children(recursive=True)]:
        try:
            sockets = process.net_connections(kind="tcp")
        except psutil.NoSuchProcess:  # a helper that has just ended
            continue
        found |= {(one.laddr.ip, one.laddr.port) for one in sockets if one.status == psutil.CONN_LISTEN}
    return found


def ask(
    port: int, method: str, path: str, *, body: bytes | None = None, headers: dict[str, str] | None = None
) -> Answer:
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=SECONDS)
    try:
        connection.request(method, path, body=body, headers=headers or {})
        answer = connection.getresponse()
        return Answer(answer.status, answer.read())
    except (http.client.HTTPException, ConnectionResetError, BrokenPipeError):
        return Answer(0)
    finally:
        connection.close()


def speaks_grpc(port: int) -> bool:
    """Whether the port answers to HTTP/2 in the clear."""
    with socket.create_connection((LOOPBACK, port), timeout=SECONDS) as talk:
        talk.sendall(H2_PREFACE)
        try:
            head = talk.recv(9)
        except ConnectionError:
            return False
    return len(head) == 9 and head[3] == 4  # a SETTINGS frame


def lets_in(port: int, certificate: Path | None = None) -> bool:
    """Whether a TLS client with no certificate, or with that of the folder `certificate`, gets an answer."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    if certificate is not None:
        context.load_cert_chain(certificate / inner_tls.CERTIFICATE, certificate / inner_tls.KEY)
    for protocol, hello in (("http/1.1", b"GET /status HTTP/1.1\r\nHost: x\r\n\r\n"), ("h2", H2_PREFACE)):
        context.set_alpn_protocols([protocol])
        with socket.create_connection((LOOPBACK, port), timeout=SECONDS) as plain:
            try:
                with context.wrap_socket(plain) as talk:
                    talk.sendall(hello)
                    if talk.recv(9):
                        return True
            except (ssl.SSLError, ConnectionError):
                continue
    return False


def ways_into_an_inner_port(port: int, own_keys: Path) -> Iterator[str]:
    """What a stranger gets from a port on which only the parts themselves may talk; nothing, if all is well.

    `own_keys`: an empty folder, for keys of the stranger's own.
    """
    for method, path in INNER:
        answer = ask(port, method, path)
        if answer.status not in {0, TLS_WANTED} or (answer.status == TLS_WANTED and b"HTTPS server" not in answer.body):
            yield f"{method} {path} on {port}: {answer}"
    if speaks_grpc(port):
        yield f"{port} speaks gRPC in the clear"
    if lets_in(port):
        yield f"{port} asks for no certificate"
    inner_tls.renew(own_keys, LOOPBACK)
    if lets_in(port, own_keys):
        yield f"{port} takes any certificate"


def ways_into_s3(port: int, bucket: str, key: str) -> Iterator[str]:
    """What S3 gives without a signature, or with a wrong one; nothing, if all is well. The object must be there."""
    form = {"Content-Type": "multipart/form-data; boundary=x"}
    upload = b'--x\r\nContent-Disposition: form-data; name="key"\r\n\r\nstranger\r\n'
    upload += b'--x\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\nx\r\n--x--\r\n'
    signed_by_nobody = "Credential=x/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0"
    wrong = {"Authorization": f"AWS4-HMAC-SHA256 {signed_by_nobody}"}
    typed = {"Content-Type": "application/x-www-form-urlencoded"}
    tables = {"X-Amz-Target": "S3Tables.ListTableBuckets", "Content-Type": "application/x-amz-json-1.1"}
    requests = [
        ("GET", "/", None, {}),
        ("GET", f"/{bucket}", None, {}),
        ("GET", f"/{bucket}?list-type=2", None, {}),
        ("GET", f"/{bucket}?uploads", None, {}),
        ("GET", f"/{bucket}?versions", None, {}),
        ("GET", f"/{bucket}?policy", None, {}),
        ("HEAD", f"/{bucket}", None, {}),
        ("HEAD", f"/{bucket}/{key}", None, {}),
        ("GET", f"/{bucket}/{key}", None, {}),
        ("GET", f"/{bucket}/{key}?acl", None, {}),
        ("GET", f"/{bucket}/{key}", None, wrong),
        ("PUT", "/strangers-bucket", None, {}),
        ("PUT", f"/{bucket}/stranger", b"x", {}),
        ("PUT", f"/{bucket}/stranger", b"x", wrong),
        ("PUT", f"/{bucket}?policy", b"{}", {}),
        ("PUT", f"/{bucket}?acl", None, {"x-amz-acl": "public-read"}),
        ("PUT", f"/{bucket}/stranger", None, {"x-amz-copy-source": f"/{bucket}/{key}"}),
        ("POST", f"/{bucket}/{key}?uploads", None, {}),
        ("POST", f"/{bucket}?delete", b"<Delete><Object><Key>secret</Key></Object></Delete>", {}),
        ("POST", f"/{bucket}", upload, form),
        ("DELETE", f"/{bucket}/{key}", None, {}),
        ("DELETE", f"/{bucket}", None, {}),
        ("POST", "/", b"Action=ListUsers&Version=2010-05-08", typed),
        ("POST", "/", b"Action=CreateUser&UserName=stranger&Version=2010-05-08", typed),
        ("POST", "/", b"Action=AssumeRole&RoleArn=x&RoleSessionName=x&Version=2011-06-15", typed),
        ("POST", "/", b"{}", tables),
        ("GET", "/buckets", None, {}),
        ("PUT", "/buckets", b'{"name":"stranger"}', {}),
        ("GET", "/metrics", None, {}),
        ("GET", "/debug/pprof/", None, {}),
    ]
    for method, path, body, headers in requests:
        answer = ask(port, method, path, body=body, headers=headers)
        if not 400 <= answer.status < 500:
            yield f"{method} {path} {headers} on {port}: {answer}"
    if (health := ask(port, "GET", "/status")).body:
        yield f"/status on {port} tells {health.body!r}"
    if speaks_grpc(port):
        yield f"{port} speaks HTTP/2 in the clear"
