"""Part `client`: the bridge's outgoing client against a C loop on libcurl's multi interface, to the same sink."""

import bridge
import load
from place import MICRO, PROGRAMS, SINK_PORT, quick
from process import folder, last_json, run

BODY = (
    '{"id":"00b89328-e3d5-4068-b346-8f4fcb4618df","organization_id":"acme-media",'
    '"created_at":"2026-11-23T09:15:02.417Z","regulation":"gdpr","user":{"organization_user_id":'
    '"reader@example.com"},"consents":{"purposes":[{"id":"newsletter","enabled":true}],"vendors":'
    '{"enabled":[],"disabled":[]}},"delegate":{"id":"consent-bridge","name":"Actito"}}'
)
IN_FLIGHT = 32


def part(say):
    rates = {"bridge": [], "ceiling": []}
    count = quick(20_000, 60_000)
    url = f"http://127.0.0.1:{SINK_PORT}/v1/consents/events"
    with folder() as place, bridge.sink(place):
        body = place / "body.json"
        body.write_text(BODY)
        programs = {
            "ceiling": [PROGRAMS / "client", "--url", url, "--body", body, "--count", count, "--in-flight", IN_FLIGHT],
            "bridge": [MICRO, "client", url, body, count, IN_FLIGHT],
        }
        for number in range(quick(2, 5)):
            for name, arguments in programs.items():
                result = last_json(run(arguments))
                if result["failed"]:
                    raise RuntimeError(f"{name}: {result['failed']} requests failed")
                rates[name].append(result["rate"])
            say(f"round {number + 1}: bridge's client {rates['bridge'][-1]:.0f}/s, C {rates['ceiling'][-1]:.0f}/s")
    return {"in_flight": IN_FLIGHT, "bytes": len(BODY)} | {name: load.summary(r) for name, r in rates.items()}
