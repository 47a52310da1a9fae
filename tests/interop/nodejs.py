# SPDX-License-Identifier: MPL-2.0
"""The Node.js client in a folder of its own below the build folder, with its packages, since
the tree holds none of them. `npm ci` brings exactly what the lock file names.

Where Node.js, npm or the registry cannot be had, who asks is skipped with the reason.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess

from proofs import SOURCE, Skipped, skip

CLIENT = os.path.join(SOURCE, "examples", "clients", "node")
TESTS = os.path.join(SOURCE, "tests", "interop")
FOLDER = os.path.join(os.environ.get("DAFFI_BUILD_DIR") or os.path.join(SOURCE, ".build"),
                      "interop-node")
OLDEST = 18
_prepared = {}


def _version():
    node = shutil.which("node") or skip("there is no node (Debian: nodejs)")
    version = subprocess.run([node, "--version"], capture_output=True, text=True).stdout
    if int(version.strip().lstrip("v").split(".")[0]) < OLDEST:
        skip(f"node is {version.strip()}, older than {OLDEST}")
    return node


def _packages(folder, *options):
    """node_modules as the lock file says."""
    with open(os.path.join(CLIENT, "package-lock.json"), "rb") as file:
        wanted = hashlib.sha256(file.read()).hexdigest()
    stamp = os.path.join(folder, "installed")
    if os.path.exists(stamp) and open(stamp, encoding="ascii").read() == wanted:
        return
    npm = shutil.which("npm") or skip("there is no npm (Debian: npm)")
    for name in ("package.json", "package-lock.json"):
        shutil.copy(os.path.join(CLIENT, name), folder)
    try:
        done = subprocess.run(
            [npm, "ci", *options, "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=1",
             "--fetch-timeout=15000"], cwd=folder, capture_output=True, text=True, timeout=45)
    except subprocess.TimeoutExpired:
        skip("npm could not fetch the packages within 45 s: is the registry reachable?")
    if done.returncode:
        reason = [line for line in done.stderr.splitlines() if "warn" not in line.lower()]
        skip("npm could not fetch the packages: " + " ".join(reason)[:200])
    with open(stamp, "w", encoding="ascii") as file:
        file.write(wanted)


def _replace(source, target):
    """Copies at once: a test beside us may be reading the file."""
    fresh = f"{target}.{os.getpid()}"
    shutil.copy(source, fresh)
    return os.replace(fresh, target)


def _sources():
    for name in ("index.mjs", "package.json"):
        _replace(os.path.join(CLIENT, name), os.path.join(FOLDER, name))
    shutil.copytree(os.path.join(CLIENT, "lib"), os.path.join(FOLDER, "lib"),
                    copy_function=_replace, dirs_exist_ok=True)
    for name in os.listdir(TESTS):
        if name.endswith(".mjs"):
            _replace(os.path.join(TESTS, name), os.path.join(FOLDER, name))


def typescript(*sources):
    """The command that checks these files of tests/interop, beside the types of the client."""
    node = _version()
    folder = FOLDER + "-types"
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "lock"), "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        _packages(folder)
    _replace(os.path.join(CLIENT, "index.d.ts"), os.path.join(folder, "index.d.ts"))
    for name in sources:
        _replace(os.path.join(TESTS, name), os.path.join(folder, name))
    compiler = os.path.join(folder, "node_modules", "typescript", "bin", "tsc")
    return [node, compiler, "--noEmit", "--strict", "--target", "es2022", "--lib", "es2022",
            "--module", "nodenext", "--moduleResolution", "nodenext", "--types", "node",
            "--typeRoots", os.path.join(folder, "node_modules", "@types"),
            *(os.path.join(folder, name) for name in sources)]


def node_command(script):
    """How to run a script of tests/interop: its copy imports `daffi` by its name."""
    return [_prepare(), os.path.join(FOLDER, script)]


def _prepare():
    if "outcome" not in _prepared:
        try:
            _prepared["outcome"] = _prepare_once()
        except Skipped as reason:
            _prepared["outcome"] = reason
    if isinstance(_prepared["outcome"], Skipped):
        raise _prepared["outcome"]
    return _prepared["outcome"]


def _prepare_once():
    node = _version()
    os.makedirs(FOLDER, exist_ok=True)
    with open(os.path.join(FOLDER, "lock"), "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)    # tests run side by side
        _packages(FOLDER, "--omit=dev")
        _sources()
    return node
