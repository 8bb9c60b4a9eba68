"""Where everything is, and how long the parts may take."""

import os
import pathlib

PROJECT = pathlib.Path(__file__).resolve().parents[2]
BENCHMARKS = PROJECT / "Benchmarks"
BUILD = PROJECT / ".build" / "bench"
PROGRAMS = BUILD
RUNS = BUILD / "run"
PARTS = BUILD / "parts"
BRIDGE = pathlib.Path(os.environ.get("BENCH_BRIDGE", PROJECT / ".build" / "release" / "consent-bridge"))
MICRO = pathlib.Path(os.environ.get("BENCH_MICRO", PROJECT / ".build" / "release" / "micro"))
VENV = PROJECT / ".build" / "bench-venv"
RESULTS = PROJECT / "docs" / "benchmarks"

DIDOMI_TEMPLATE = BENCHMARKS / "load" / "didomi-webhook.template"
ACTITO_TEMPLATE = BENCHMARKS / "load" / "actito-webhook.template"

SECRET = "bench-secret"
HEADER = f"X-Webhook-Secret: {SECRET}"
DIDOMI_PATH = "/webhooks/didomi/default"
ACTITO_PATH = "/webhooks/actito/default/UPDATED_SUBSCRIPTION"
PORT = 18450
SINK_PORT = 18451
CONNECTIONS = 64

IS_QUICK = os.environ.get("QUICK", "0") not in ("", "0")


def quick(quickly, otherwise):
    """A value for `make bench QUICK=1`, and the one for a real run."""
    return quickly if IS_QUICK else otherwise
