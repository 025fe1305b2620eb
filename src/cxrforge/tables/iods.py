"""PS3.3: which attributes belong to the IODs of radiography, and of which type (1, 1C, 2, 2C, 3) they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any

from pydicom.datadict import tag_for_keyword

from cxrforge.errors import TableError
from cxrforge.tables.files import read_json

COMMON = "common"
"""The composite modules that every image shares; the rule for SOP classes without a table of their own."""

_STRICTNESS = {"3": 0, "2C": 1, "2": 2, "1C": 3, "1": 4}


class Node(dict[int, "tuple[str, Node | None]"]):
    """Attributes that may stand in one place: tag to its type and, for a sequence, what its items may hold."""


@dataclass(frozen=True, slots=True)
class Iod:
    """One IOD: its attributes where they stand, and every tag that occurs in it at any depth."""

    name: str
    root: Node
    anywhere: frozenset[int]


@dataclass(frozen=True, slots=True)
class Iods:
    """Every IOD in the table, and the SOP classes that use them."""

    iods: Mapping[str, Iod]
    sop_classes: Mapping[str, str]

    def of(self, sop_class_uid: str) -> Iod:
        """Return the IOD of a SOP class, or the common modules for a class without a table of its own."""
        return self.iods[self.sop_classes.get(sop_class_uid, COMMON)]


def _merge(target: Node, attributes: Mapping[str, Any], where: str) -> None:
    for keyword, entry in attributes.items():
        tag = tag_for_keyword(keyword)
        if tag is None:
            continue  # an attribute newer than the installed data dictionary: no rule can name it
        kind, children = (entry, None) if isinstance(entry, str) else entry
        if kind not in _STRICTNESS:
            raise TableError(f"type of {keyword} is unknown", where=where, found=str(kind))
        old_kind, old_node = target.get(tag, (kind, None))
        node = old_node
        if children is not None:
            node = old_node if old_node is not None else Node()
            _merge(node, children, where)
        target[tag] = (max(kind, old_kind, key=_STRICTNESS.__getitem__), node)


def _tags(node: Node) -> set[int]:
    found = set(node)
    for _, children in node.values():
        if children:
            found |= _tags(children)
    return found


@cache
def load() -> Iods:
    """Return every IOD of the table."""
    table = read_json("iods.json")
    try:
        iods = {}
        for name, modules in table["iods"].items():
            root = Node()
            for module, _usage in modules:
                _merge(root, table["modules"][module], f"iods.json: {module}")
            iods[name] = Iod(name, root, frozenset(_tags(root)))
        sop_classes = dict(table["sop_classes"])
    except (KeyError, TypeError, ValueError) as error:
        raise TableError("table of IODs is malformed", where="iods.json") from error
    if COMMON not in iods or not set(sop_classes.values()) <= set(iods) or not all(i.root for i in iods.values()):
        raise TableError("table of IODs is incomplete", where="iods.json")
    return Iods(MappingProxyType(iods), MappingProxyType(sop_classes))
