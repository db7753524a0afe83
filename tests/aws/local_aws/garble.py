"""Makes nonsense of an answer: what a fault on the way or a bug of a service could hand over."""

import json
import random
from typing import Any
from xml.etree import ElementTree

JUNK: list[Any] = [
    None,
    "",
    " ",
    "-1",
    "0",
    "99999999999999999999",
    "true",
    "arn:aws:",
    "arn:aws:iam::999900009999:root",
    "not a time",
    "0001-01-01T00:00:00Z",
    "x" * 5_000,
    "千代田区\u0000",
    "{",
    "%zz",
    [],
    {},
    [None],
    7,
    1e300,
]
PAGE = b"<html><body>502 Bad Gateway</body></html>"


def answer(body: bytes, dice: random.Random) -> bytes:
    """The body with one thing in it changed, or all of it."""
    if dice.random() < 0.1:
        return dice.choice([b"", PAGE, body[: dice.randrange(len(body) + 1)], body[::-1], body + body])
    if body.lstrip()[:1] == b"<":
        return _xml(body, dice)
    try:
        document = json.loads(body)
    except ValueError:
        return body[: dice.randrange(len(body) + 1)]
    return json.dumps(_json(document, dice)).encode()


def _xml(body: bytes, dice: random.Random) -> bytes:
    root = ElementTree.fromstring(body)
    places = [(parent, index) for parent in root.iter() for index in range(len(parent))]
    if not places:
        return PAGE
    parent, index = dice.choice(places)
    child = parent[index]
    match dice.randrange(6):
        case 0:
            del parent[index]
        case 1:
            parent.insert(index, child)
        case 2:
            child.clear()
        case 3:
            child.text = str(dice.choice(JUNK) or "").replace("\0", "")
        case 4:
            other, place = dice.choice(places)
            child.text, other[place].text = other[place].text, child.text
        case _:
            child.tag = dice.choice(places)[0].tag
    # The answers have one namespace, without a prefix.
    written = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return written.replace(b"xmlns:ns0=", b"xmlns=").replace(b"ns0:", b"")


def _json(document: Any, dice: random.Random) -> Any:
    places: list[tuple[Any, Any]] = []

    def walk(value: Any) -> None:
        if not isinstance(value, dict | list):
            return
        for key in value if isinstance(value, dict) else range(len(value)):
            places.append((value, key))
            walk(value[key])

    walk(document)
    if not places:
        return dice.choice(JUNK)
    holder, key = dice.choice(places)
    match dice.randrange(4):
        case 0:
            del holder[key]
        case 1:
            holder[key] = dice.choice(JUNK)
        case 2:
            other, place = dice.choice(places)
            holder[key], other[place] = other[place], holder[key]
            try:
                json.dumps(document)
            except (ValueError, RecursionError):
                return {}
        case _:
            if isinstance(holder, list):
                holder.insert(key, holder[key])
            else:
                holder[f"{key}x"] = holder.pop(key)
    return document
