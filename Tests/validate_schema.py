"""Validates documents against a JSON Schema (draft 2020-12) for SchemaTests.swift.

Takes the schema's path; reads one JSON document a line; writes "valid" or "refused" a line.
"""

import json
import sys

from jsonschema import Draft202012Validator

with open(sys.argv[1], encoding="utf-8") as file:
    schema = json.load(file)
Draft202012Validator.check_schema(schema)
validator = Draft202012Validator(schema)
for line in sys.stdin:
    print("valid" if validator.is_valid(json.loads(line)) else "refused")
