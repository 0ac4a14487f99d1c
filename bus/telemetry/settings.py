"""How a process is to be seen; read from the environment by the `config` of web and workers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["SettingInvalid", "Settings"]

LEVELS = ("debug", "info", "warning", "error")


class SettingInvalid(ValueError):
    """A variable makes no sense; the text names it and says what to set."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What is logged and measured, and where metrics are read."""

    log_level: str = "info"
    metrics: bool = True
    metrics_host: str = "127.0.0.1"
    metrics_port: int | None = None  # the first one tried, 0 for any; None: the usual one of such a process
    traces: str | None = None  # an OTLP/HTTP address, or file:PATH; None: off
    trace_sample: float = 0.01  # share of answers and requests that are traced

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Settings:
        """Raises SettingInvalid."""
        level = (environment.get("LOG_LEVEL") or "info").lower()
        if level not in LEVELS:
            raise SettingInvalid(f"LOG_LEVEL is {level!r}: set it to one of {', '.join(LEVELS)}")
        port = environment.get("QUIZWIRE_METRICS_PORT") or ""
        if port not in ("", "off") and not (port.isdecimal() and int(port) <= 65535):
            raise SettingInvalid(
                f"QUIZWIRE_METRICS_PORT is {port!r}: set it to a number from 0 to 65535, or off"
            )
        traces = environment.get("QUIZWIRE_TRACES") or None
        if traces is not None and not traces.startswith(("http://", "https://", "file:")):
            raise SettingInvalid(
                f"QUIZWIRE_TRACES is {traces!r}: set it to the address of an OTLP collector, like "
                "http://127.0.0.1:4318, or to file:PATH"
            )
        return cls(
            traces=traces,
            trace_sample=_share(environment.get("QUIZWIRE_TRACES_SAMPLE") or "0.01"),
            log_level=level,
            metrics=port != "off",
            metrics_host=environment.get("QUIZWIRE_METRICS_HOST") or "127.0.0.1",
            metrics_port=int(port) if port.isdecimal() else None,
        )


def _share(text: str) -> float:
    try:
        share = float(text)
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        raise SettingInvalid(f"QUIZWIRE_TRACES_SAMPLE is {text!r}: set it to a number from 0 to 1")
    return share
