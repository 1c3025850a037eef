"""Prints the installed version of each package named, as this interpreter finds it; null where there is none."""

import json
import sys
from importlib import metadata


def version_of(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


print(json.dumps({name: version_of(name) for name in sys.argv[1:]}))
