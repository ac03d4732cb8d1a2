"""Waits for what threads and processes do. A wait that is given up says what its condition saw last."""

from __future__ import annotations

import ast
import asyncio
import inspect
import linecache
import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, TypeAlias

Condition: TypeAlias = Callable[[], object]

#: Seconds after which a wait is given up: several times what a busy machine needs to start a process.
PATIENCE = 60.0
#: Seconds between two looks at a condition, and at most where the pause grows.
PAUSE, LONGEST_PAUSE = 0.01, 0.05
#: Characters of one value in a message.
LONGEST = 500


def wait_until(
    condition: Condition, seconds: float = PATIENCE, sleep: Callable[[float], object] = time.sleep, seen: str = ""
) -> None:
    """Return once the condition is true, while `sleep` lets others work. `seen` is added to the message of a failure.

    Raises AssertionError after that many seconds.
    """
    __tracebackhide__ = True
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise AssertionError("; ".join(filter(None, (explanation_of(condition), seen))))
        sleep(PAUSE)


async def until(condition: Condition, pause: float = 0.001) -> None:
    """Return once the condition is true, while other tasks work. The time limit of the test ends an endless wait.

    The pause between two looks grows: minutes of virtual time would take a hundred thousand of them.
    """
    try:
        while not condition():
            await asyncio.sleep(pause)
            pause = min(pause * 1.02, max(pause, LONGEST_PAUSE))
    except asyncio.CancelledError as error:
        error.add_note(explanation_of(condition))
        raise


def explanation_of(condition: Condition) -> str:
    """What did not become true, and the present values of its parts."""
    if isinstance(condition, partial):
        arguments = [*condition.args, *condition.keywords.values()]
        return f"this did not become true: {condition.func.__name__}({', '.join(map(_shown, arguments))})"
    source = _lambda_of(condition)
    if source is None:
        values = [f"{name} = {_shown(value)}" for name, value in _variables_of(condition).items()]
        return "; ".join([f"this did not become true: {getattr(condition, '__name__', condition)}()", *values])
    names = {**getattr(condition, "__globals__", {}), **_variables_of(condition)}
    values = [f"{ast.unparse(part)} = {_value_of(part, names)}" for part in _parts_of(source.body)]
    return "; ".join([f"this did not become true: {ast.unparse(source.body)}", *dict.fromkeys(values)])


def _lambda_of(condition: Condition) -> ast.Lambda | None:
    """The source of a lambda. None for another function, or without its file."""
    code = getattr(condition, "__code__", None)
    if code is None or code.co_name != "<lambda>":
        return None
    places = [place for place in code.co_positions() if place[0] and place[2]]  # the others belong to no expression
    begin, end = (
        min((line, column) for line, _, column, _ in places),
        max((line, column) for _, line, _, column in places),
    )
    tree = ast.parse("".join(linecache.getlines(code.co_filename)))
    around = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Lambda)
        and (node.body.lineno, node.body.col_offset) <= begin
        and end <= (node.body.end_lineno, node.body.end_col_offset)
    ]
    return around[-1] if around else None  # the innermost


def _variables_of(condition: Condition) -> Mapping[str, object]:
    """The variables of the test that a function reads, and its defaults."""
    if not inspect.isfunction(condition):
        return {}
    defaults = {name: each.default for name, each in inspect.signature(condition).parameters.items()}
    return {**inspect.getclosurevars(condition).nonlocals, **defaults}


def _parts_of(node: ast.expr) -> Iterator[ast.expr]:
    """The operands of a condition whose values are worth reading."""
    match node:
        case ast.BoolOp():
            for value in node.values:
                yield from _parts_of(value)
        case ast.UnaryOp():
            yield from _parts_of(node.operand)
        case ast.Compare():
            for operand in (node.left, *node.comparators):
                yield from _parts_of(operand)
        case ast.Call(func=ast.Name(), args=[only], keywords=[]):  # such as len(…), any(… for …) and isinstance
            yield from _parts_of(only)
        case ast.GeneratorExp() | ast.ListComp() | ast.SetComp():
            for each in node.generators:
                yield from _parts_of(each.iter)
        case ast.Constant():
            pass
        case _:
            yield node


def _value_of(part: ast.expr, names: Mapping[str, Any]) -> str:
    try:
        return _shown(eval(compile(ast.Expression(part), "<condition>", "eval"), dict(names)))
    except Exception as error:
        return f"<{error!r}>"


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
