"""Validates recorded API calls against an OpenAPI description.

    validate.py DESCRIPTION.yml CALLS.json     (CALLS.json or - : what GET /sandbox/calls answers)

Prints one line for each fault and, at the end, how many calls were looked at. A call to a path that
the description lacks is a fault, and so is a query parameter that it lacks. Exit status: 0 all calls
are as described; 1 at least one is not, or there is none; 2 wrong usage or a missing package.

The record holds no header. The bearer token is therefore assumed; the sandbox itself answers 401
without one, and 415 to a body that is not declared as JSON.
"""

import json
import sys
from urllib.parse import parse_qsl, urlsplit

try:
    import yaml
    from openapi_core import OpenAPI
    from openapi_core.templating.paths.exceptions import PathError
    from openapi_core.templating.paths.finders import APICallPathFinder
    from openapi_core.testing import MockRequest
    from werkzeug.datastructures import MultiDict
except ImportError as error:
    print(f"{error.name} is not installed; run `make python-tools`", file=sys.stderr)
    sys.exit(2)


def leaves(schema_error):
    """The errors at the bottom of a schema error: those of the alternative that fits best."""
    if not schema_error.context:
        place = "/".join(str(step) for step in schema_error.absolute_path) or "body"
        yield f"{place}: {schema_error.message}"
        return
    fitting = [e for e in schema_error.context if e.validator != "type" or e.relative_path]
    for inner in fitting or schema_error.context:
        yield from leaves(inner)


def reasons(error):
    """What an error says, or where a body is wrong, without repeating the whole body."""
    cause = error
    while cause is not None:
        schema_errors = getattr(cause, "schema_errors", None)
        if schema_errors:
            return [text for schema_error in schema_errors for text in leaves(schema_error)]
        cause = cause.__cause__
    return [str(error).splitlines()[0]]


class Validator:
    def __init__(self, description):
        self.api = OpenAPI.from_dict(description)
        server = urlsplit(description["servers"][0]["url"])
        self.host = f"{server.scheme}://{server.netloc}"
        self.base_path = server.path

    def request(self, call):
        target = urlsplit(call["path"])
        path = target.path
        # The sandbox serves the API with and without the server's path.
        if not path.startswith(self.base_path + "/"):
            path = self.base_path + path
        body = call.get("body")
        return MockRequest(
            self.host,
            call["method"].lower(),
            path,
            args=MultiDict(parse_qsl(target.query, keep_blank_values=True)),
            headers={"Authorization": "Bearer assumed"},
            data=None if body is None else json.dumps(body).encode(),
        )

    def unknown_parameters(self, request):
        found = APICallPathFinder(self.api.spec).find(
            request.method, request.host_url + request.path
        )
        known = {
            parameter["name"]
            for item in (found.path, found.operation)
            for parameter in item.read_value().get("parameters", [])
            if parameter["in"] == "query"
        }
        # The contract writes filters as name=… and as name[$in]=….
        names = {name.removesuffix("[$in]") for name in request.parameters.query.keys()}
        return sorted(names - known)

    def faults(self, call):
        request = self.request(call)
        texts = [text for error in self.api.iter_request_errors(request) for text in reasons(error)]
        try:
            texts += [f"unknown query parameter {name}" for name in self.unknown_parameters(request)]
        except PathError:
            pass  # Told above.
        return texts


def main(arguments):
    if len(arguments) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    with open(arguments[0], encoding="utf-8") as file:
        validator = Validator(yaml.safe_load(file))
    if arguments[1] == "-":
        calls = json.load(sys.stdin)["items"]
    else:
        with open(arguments[1], encoding="utf-8") as file:
            calls = json.load(file)["items"]
    count = 0
    for number, call in enumerate(calls, start=1):
        for fault in validator.faults(call):
            count += 1
            print(f"call {number}: {call['method']} {urlsplit(call['path']).path}: {fault}")
    print(f"{len(calls)} calls, {count} faults")
    return 1 if count or not calls else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
