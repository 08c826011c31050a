"""Several OpenAPI documents made one: pure functions of decoded JSON."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

Document = Mapping[str, Any]
Key = tuple[str, str]
_REF = "#/components/"


def merge(own: Document, parts: Mapping[str, Document], owner_of: Callable[[str], str]) -> dict[str, Any]:
    """`own` (the gateway's) with the paths that each service of `parts` owns.

    Components that are equal, with all that they refer to, stand once; those of one name that differ are
    prefixed with their service's name, in every document that has them. Path and operation names are unique:
    what several services serve alike (health, errors, changes) is there as the gateway serves it.
    """
    documents = {"gateway": own, **parts}
    names = _new_names(documents)
    merged: dict[str, Any] = {**own, "paths": {}, "components": {}}
    operations: set[str] = set()
    tags: dict[str, None] = {}
    for service, document in documents.items():
        renamed = _renamed(document, names[service])
        for kind, components in renamed.get("components", {}).items():
            merged["components"].setdefault(kind, {}).update(components)
        for path, item in renamed.get("paths", {}).items():
            if path in merged["paths"] or (service != "gateway" and owner_of(path) != service):
                continue
            merged["paths"][path] = _unique_operations(item, service, operations)
        tags |= dict.fromkeys(tag["name"] for tag in renamed.get("tags", []))
    merged["paths"] = dict(sorted(merged["paths"].items()))
    if tags:
        merged["tags"] = [{"name": name} for name in tags]
    return merged


def _components(document: Document) -> dict[Key, Any]:
    return {
        (kind, name): component
        for kind, components in document.get("components", {}).items()
        for name, component in components.items()
    }


def _new_names(documents: Mapping[str, Document]) -> dict[str, dict[Key, str]]:
    """Per service, the new name of each component that has to change its name."""
    components = {service: _components(document) for service, document in documents.items()}
    taken = {key for own in components.values() for key in own}
    names: dict[str, dict[Key, str]] = {service: {} for service in documents}
    for kind, name in sorted(_conflicting(components)):
        for service, own in components.items():
            if (kind, name) in own:
                new = service.capitalize() + name
                while (kind, new) in taken:
                    new += "_"
                taken.add((kind, new))
                names[service][kind, name] = new
    return names


def _conflicting(components: Mapping[str, Mapping[Key, Any]]) -> set[Key]:
    """Keys whose components differ between services, or refer (through any number) to some that do."""
    shared = {
        key: [own[key] for own in components.values() if key in own]
        for key in {key for own in components.values() for key in own}
    }
    conflicting = {key for key, found in shared.items() if any(other != found[0] for other in found[1:])}
    refers = {key: {ref for one in found for ref in references(one)} for key, found in shared.items()}
    several = {key for key, found in shared.items() if len(found) > 1}
    while grown := {key for key in several - conflicting if refers[key] & conflicting}:
        conflicting |= grown
    return {key for key in conflicting if key[0] != "securitySchemes"}


def references(node: Any) -> Iterator[Key]:
    """The components that a part of a document refers to, directly."""
    for text in _reference_texts(node):
        kind, _, name = text.removeprefix(_REF).partition("/")
        yield kind, name


def _reference_texts(node: Any) -> Iterator[str]:
    if isinstance(node, Mapping):
        for name, value in node.items():
            if name == "$ref" and isinstance(value, str) and value.startswith(_REF):
                yield value
            elif name == "mapping" and isinstance(value, Mapping):  # of a discriminator
                yield from (text for text in value.values() if str(text).startswith(_REF))
            else:
                yield from _reference_texts(value)
    elif isinstance(node, list):
        for value in node:
            yield from _reference_texts(value)


def _renamed(document: Document, names: Mapping[Key, str]) -> dict[str, Any]:
    if not names:
        return dict(document)
    texts = {f"{_REF}{kind}/{name}": f"{_REF}{kind}/{new}" for (kind, name), new in names.items()}
    changed: dict[str, Any] = _with_references(document, texts)
    changed["components"] = {
        kind: {names.get((kind, name), name): component for name, component in components.items()}
        for kind, components in changed.get("components", {}).items()
    }
    return changed


def _with_references(node: Any, texts: Mapping[str, str]) -> Any:
    if isinstance(node, Mapping):
        return {
            name: texts.get(value, value)
            if name == "$ref" and isinstance(value, str)
            else {key: texts.get(text, text) for key, text in value.items()}
            if name == "mapping" and isinstance(value, Mapping) and _are_texts(value.values())
            else _with_references(value, texts)
            for name, value in node.items()
        }
    return [_with_references(value, texts) for value in node] if isinstance(node, list) else node


def _are_texts(values: Iterable[Any]) -> bool:
    return all(isinstance(value, str) for value in values)


def _unique_operations(item: Mapping[str, Any], service: str, seen: set[str]) -> dict[str, Any]:
    """The path item with operation ids that nobody has yet; `seen` learns them."""
    unique = dict(item)
    for method, operation in item.items():
        if not isinstance(operation, Mapping) or "operationId" not in operation:
            continue
        name = operation["operationId"]
        while name in seen:
            name = f"{service}_{name}"
        seen.add(name)
        unique[method] = {**operation, "operationId": name}
    return unique
