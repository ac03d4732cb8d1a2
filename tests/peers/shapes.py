"""The shape of an answer: what two servers that are alike have in common."""

from __future__ import annotations

from sandbox_in_process import Reply


def shape_of(reply: Reply) -> tuple[int, object]:
    """The status, and the names and types in the body."""
    try:
        return reply.status, _types(reply.json_body)
    except ValueError:
        return reply.status, reply.body


def _types(value: object) -> object:
    if isinstance(value, dict):
        return {name: _types(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_types(value[0])] if value else []
    return type(value).__name__
