"""nginx as a plain reverse proxy, the yardstick of the gateway."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from benchmarks.processes import running, with_children
from sdz.free_ports import free_port

_CONFIGURATION = """
daemon off;
pid {folder}/nginx.pid;
error_log stderr warn;
worker_processes 1;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    upstream service {{ server {upstream}; keepalive 100; }}
    server {{
        listen 127.0.0.1:{port};
        location / {{
            proxy_pass http://service;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_set_header X-Forwarded-For $remote_addr;
        }}
    }}
}}
"""


@contextmanager
def nginx(upstream_url: str) -> Iterator[tuple[str, list[int]]]:
    """One worker in front of `upstream_url`, with connections kept open; its address and processes."""
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="sdz-nginx-") as folder:
        file = Path(folder) / "nginx.conf"
        upstream = urlsplit(upstream_url).netloc
        file.write_text(_CONFIGURATION.format(folder=folder, port=port, upstream=upstream))
        Path(folder).chmod(0o755)
        with running(["nginx", "-p", folder, "-e", "stderr", "-c", str(file)], port) as pid:
            yield f"http://127.0.0.1:{port}", with_children(pid)
