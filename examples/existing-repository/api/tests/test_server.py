import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from server import answer


def test_prices():
    status, body = answer("/prices")
    assert (status, json.loads(body)["apple"]) == (200, 3)


def test_unknown_path():
    assert answer("/nothing")[0] == 404
