"""Shows that the tests notice when a rule is broken.

Each mutant of mutants.json changes one expression of the shipping code in a copy of the project; the
tests of the core, the adapters and the conversations must then fail. Prints a table, and exits with 1 if
a mutant survives. Python's standard library only: python3 Tests/Mutants/mutants.py [RULE or NUMBER ...]
"""

import json
import pathlib
import re
import shutil
import subprocess
import sys
import time

PROJECT = pathlib.Path(__file__).resolve().parents[2]
COPY = PROJECT / ".build" / "mutants" / "project"
SCRATCH = PROJECT / ".build" / "mutants" / "build"
TESTS = (
    r"^(BridgeCoreTests|DidomiAdapterTests|ActitoAdapterTests)\.|ConversationTests|SampleTests"
    "|BulkImportTests|RecoveryTests|ConservationTests|JoinedKeysTests"
)


def run(arguments, seconds):
    """The exit status and the output; a run that takes too long counts as failed."""
    try:
        ended = subprocess.run(
            arguments, cwd=COPY, capture_output=True, text=True, timeout=seconds, check=False
        )
        return ended.returncode, ended.stdout + ended.stderr
    except subprocess.TimeoutExpired as expired:
        return 1, f"{expired.stdout or ''}\ntook more than {seconds} s"


def build():
    return run(
        ["swift", "build", "--build-tests", "--scratch-path", str(SCRATCH)], seconds=1800
    )


def test():
    return run(
        ["swift", "test", "--disable-xctest", "--skip-build", "--scratch-path", str(SCRATCH),
         "--filter", TESTS, "--skip", "MutantListTests"],
        seconds=180,
    )  # fmt: skip


def first_failure(output):
    """The name of the first test that failed, or how the run ended without one."""
    found = re.search(r"✘ Test \"?(.+?)\"? (?:recorded an issue|failed)(?:.*?→ (.+?) at )?", output)
    if found:
        return f"{found[1]} ({found[2]})" if found[2] else found[1]
    trap = re.search(r"(Fatal error|Precondition failed)[^\n]*|took more than \d+ s", output)
    return trap[0][:70] if trap else "the run ended early"


def main():
    mutants = json.loads((PROJECT / "Tests" / "Mutants" / "mutants.json").read_text())
    wanted = set(sys.argv[1:])
    chosen = [
        (number, mutant)
        for number, mutant in enumerate(mutants, 1)
        if not wanted or mutant["rule"] in wanted or str(number) in wanted
    ]
    COPY.mkdir(parents=True, exist_ok=True)
    for name in ("Sources", "Tests", "Benchmarks", "Fixtures", "docs"):
        subprocess.run(
            ["rsync", "-a", "--delete", f"{PROJECT / name}/", f"{COPY / name}/"], check=True
        )
    for name in ("Package.swift", "Package.resolved"):
        if (PROJECT / name).exists():
            shutil.copy2(PROJECT / name, COPY / name)
    status, output = build()
    if status == 0:
        status, output = test()
    if status != 0:
        print(output[-4000:])
        sys.exit("the tests fail without a mutant")
    survivors = 0
    for number, mutant in chosen:
        file = COPY / mutant["file"]
        text = file.read_text()
        if text.count(mutant["original"]) != 1:
            sys.exit(f"{mutant['file']} does not hold once: {mutant['original']}")
        file.write_text(text.replace(mutant["original"], mutant["mutant"]))
        begun = time.monotonic()
        status, output = build()
        if status != 0:
            error = re.search(r"error: .*", output)
            file.write_text(text)
            survivors += 1
            print(f"{number:3} {mutant['rule']} does not build: {error and error[0]}", flush=True)
            continue
        status, output = test()
        file.write_text(text)
        survivors += status == 0
        caught = "SURVIVED: " + mutant["mutant"] if status == 0 else first_failure(output)
        seconds = time.monotonic() - begun
        print(f"{number:3} {seconds:4.0f} s  {mutant['rule']:<24.24} {caught:.120}", flush=True)
    print(f"{len(chosen) - survivors} of {len(chosen)} mutants caught")
    sys.exit(1 if survivors else 0)


main()
