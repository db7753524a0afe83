"""XML as CloudTrail writes it in JSON: what occurs once is a value, what occurs more often a list.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/cloudtrail-logging-understanding-s3-entries.html
"""

from typing import Any
from xml.etree import ElementTree


def document(text: bytes) -> dict[str, Any]:
    """The document under the name of its outermost element, with the namespace that it has."""
    root = ElementTree.fromstring(text)
    space, name = _name(root)
    inside = _value(root)
    named = {"xmlns": space} if space else {}
    return {name: {**named, **inside} if isinstance(inside, dict) else named or inside}


def typed(text: str) -> Any:
    """Texts that look like a number or a truth are one."""
    if text in ("true", "false"):
        return text == "true"
    return int(text) if text.lstrip("-").isdecimal() and str(int(text)) == text and len(text) < 18 else text


def once_or_more(items: list[Any]) -> Any:
    """The item, or all of them."""
    return items[0] if len(items) == 1 else items


def _name(element: ElementTree.Element) -> tuple[str, str]:
    space, _, name = element.tag.rpartition("}")
    return space.removeprefix("{"), name


def _value(element: ElementTree.Element) -> Any:
    if not len(element):
        return typed(element.text or "")
    inside: dict[str, list[Any]] = {}
    for child in element:
        inside.setdefault(_name(child)[1], []).append(_value(child))
    return {name: once_or_more(values) for name, values in inside.items()}
