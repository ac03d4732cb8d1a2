"""The error that an answer without success becomes."""

from __future__ import annotations

import re
from collections.abc import Mapping

from sora_desktop.api.errors import BadAnswer, KeyRejected, NotFound, Refused, ServiceError, TooBusy, Unreachable
from sora_desktop.api.http.answer import HttpAnswer, is_text, json_in, text_of, without_key
from sora_desktop.api.http.failure_text import failure_reason
from sora_desktop.api.http.json_values import code_in, first_of, number_in, text_in
from sora_desktop.api.openai.profiles import Profile

_POLICY_WORDS = ("content_policy", "content policy", "moderation", "unsafe")
#: Statuses with which servers and proxies say that they did not even read a request, whatever else they answer.
_NOT_READ = frozenset({401, 404, 405, 413, 414, 415, 431})
#: Statuses of a refusal if the answer has one of the known forms.
_REFUSED = frozenset({400, 402, 403, 410, 422, 429}) | _NOT_READ
#: What LiteLLM says once its own tries have failed: it leaves an engine alone for a while, and then has none.
_AFTER_FAILURE = ("no deployments available", "cooldown")
#: With which LiteLLM refuses a key that it does not know, if it has no database of keys.
_KEY_TYPES = ("no_db_connection", "auth_error", "authentication_error", "invalid_api_key")
#: The status of the engine's own answer, where LiteLLM could not read that answer and quotes it in a 500.
_QUOTED_STATUS = re.compile(r"Field required.*'code': '?(\d{3})\b", re.DOTALL)
#: Longest pause that a server can ask for, in seconds.
_LONGEST_RETRY_AFTER = 900.0


def is_policy_refusal(text: str) -> bool:
    """True if the text has a word by which services reject the content of a prompt."""
    lowered = text.lower()
    return any(word in lowered for word in _POLICY_WORDS)


def is_page(answer: HttpAnswer) -> bool:
    """True if the answer is a web page."""
    kind = answer.headers.get("Content-Type", "").lower()
    return kind.startswith(("text/html", "application/xhtml")) or answer.content[:200].lstrip().lower().startswith(
        (b"<!doctype html", b"<html")
    )


def has_known_form(answer: HttpAnswer) -> bool:
    """True if the answer says why as the servers of this dialect do: `error`, `detail` or nothing at all."""
    if answer.unread or not is_text(answer.content):
        return False
    if not answer.content.strip():
        return True
    content = json_in(answer.content)
    if not isinstance(content, Mapping):
        return False
    return any(content.get(name) for name in ("error", "detail")) or ("message" in content and "id" not in content)


def call_error(answer: HttpAnswer, key: str, variable: str = "") -> ServiceError:
    """The error of an idempotent call whose answer has no success. `variable`: as for `key_refusal`."""
    content = json_in(answer.content)
    status = _status_of(answer)
    reason = without_key(key, failure_reason(content))
    code = without_key(key, _code_in(content)) or str(status)
    detail = f" It says: {_sentence(reason)}" if reason else ""
    if is_page(answer) and status not in (401, 403):
        return Unreachable(f"A web page answers at the engine's address (HTTP {status}). Check the address.", code=code)
    if status in (401, 403) or refuses_key(content):
        return KeyRejected(f"{key_refusal(key, variable)}{detail}", code=code)
    if status == 429:
        return TooBusy("The engine asks for a short pause.", retry_after=_retry_after(answer), code=code)
    if status == 404 and isinstance(content, Mapping):
        return NotFound(f"The engine does not know this video.{detail}", code=code)
    if status >= 500 or status in (404, 408, 409, 425):
        return Unreachable(f"The engine cannot answer now (HTTP {status}).{detail}", code=code)
    if status >= 400:
        return Refused(_sentence(reason) or f"The engine refused the call (HTTP {status}).", code=code)
    return BadAnswer(f"The engine's answer cannot be read (HTTP {status}).{detail}", code=code)


def create_error(answer: HttpAnswer, profile: Profile, key: str, variable: str = "") -> ServiceError:
    """The error of a create whose answer names no video. `variable`: as for `key_refusal`.

    BadAnswer means that the outcome is unknown. With every other error, certainly nothing was created.
    """
    status, content = answer.status, json_in(answer.content)
    reason = without_key(key, failure_reason(content))
    code = without_key(key, _code_in(content)) or str(status)
    detail = f" It says: {_sentence(reason)}" if reason else ""
    refuses = status in _NOT_READ or (status in _REFUSED | profile.refuses_with and has_known_form(answer))
    if not refuses or answer.surplus.strip() or (profile.repeats_creates and _follows_repeat(reason)):
        kind = "a web page" if is_page(answer) else f"HTTP {status}"
        return BadAnswer(f"The engine answered with {kind}.{detail}", code=code)
    if status == 401 or refuses_key(content):
        return KeyRejected(f"{key_refusal(key, variable)}{detail}", code=code)
    if status == 429:
        return TooBusy("The engine asks for a short pause.", retry_after=_retry_after(answer), code=code)
    if is_policy_refusal(f"{reason} {code}"):
        return Refused(f"Rejected by content policy. {reason}".strip(), by_policy=True, code=code)
    if status in (404, 405) and not _names_model(reason):
        return Refused(
            f"There is no video API at the engine's address (HTTP {status}). Check the address.{detail}", code=code
        )
    if status == 413:
        return Refused(f"The reference image is larger than the engine's server takes (HTTP 413).{detail}", code=code)
    if status == 403:
        return Refused(f"The engine does not allow this with the API key.{detail}", code=code)
    return Refused(
        f"The engine refused the request: {_sentence(reason)}"
        if reason
        else f"The engine refused the request (HTTP {status}).",
        code=code,
    )


def _status_of(answer: HttpAnswer) -> int:
    """The status of the engine, also where a proxy quotes it."""
    quoted = _QUOTED_STATUS.search(text_of(answer.content)) if answer.status == 500 else None
    return answer.status if quoted is None else int(quoted[1])


def key_refusal(key: str, variable: str = "") -> str:
    """What the user is told if an engine refuses this key; empty: no key is sent.

    `variable`: the environment variable that should have it; empty if there is none.
    """
    if key and variable:
        return f"The engine does not accept the API key. Set {variable} to a valid one."
    if key:
        return "The engine does not accept the API key. Enter a valid one in Settings › Services."
    if variable:
        return f"The engine wants an API key, but the environment variable {variable} has none. Set it to the key."
    return "The engine wants an API key. Enter one in Settings › Services."


def refuses_key(content: object) -> bool:
    """True if the error says that the key is wrong, whatever its status."""
    error = content.get("error") if isinstance(content, Mapping) else None
    return isinstance(error, Mapping) and any(text_in(error.get(name)) in _KEY_TYPES for name in ("type", "code"))


def _follows_repeat(reason: str) -> bool:
    """True if a refusal may be about another try than the first one, which may have been accepted.

    A second try has lost its prompt, or finds no engine any more that is used so soon after a failure.
    """
    lowered = reason.lower()
    misses_prompt = "prompt" in lowered and any(word in lowered for word in ("required", "missing"))
    return misses_prompt or any(words in lowered for words in _AFTER_FAILURE)


def _names_model(reason: str) -> bool:
    return "model" in reason.lower()


def _code_in(content: object) -> str:
    if not isinstance(content, Mapping):
        return ""
    error = content.get("error")
    return code_in(first_of(error if isinstance(error, Mapping) else content, ("code", "type")))


def _retry_after(answer: HttpAnswer) -> float | None:
    seconds = number_in(answer.headers.get("Retry-After"))
    return None if seconds is None or seconds <= 0 else min(seconds, _LONGEST_RETRY_AFTER)


def first_url_in(answer: HttpAnswer) -> str:
    """The first web address in the text of an answer; empty if there is none."""
    reason = failure_reason(json_in(answer.content)) or (text_of(answer.content) if is_text(answer.content) else "")
    words = (word.strip("\"'()<>,;") for word in reason.split())
    return next((word.rstrip(".") for word in words if word.startswith(("https://", "http://"))), "")


def _sentence(text: str) -> str:
    return text if not text or text.endswith((".", "!", "?", "…")) else f"{text}."
