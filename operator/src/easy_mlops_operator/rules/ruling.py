"""One rule on one figure: the verdict and its words, and what becomes of a rule that has no data."""

from __future__ import annotations

import math

from easy_mlops.config.effective import EffectiveRule

from easy_mlops_operator.api.conditions import NoVerdict
from easy_mlops_operator.api.decimals import decimal
from easy_mlops_operator.api.status import Evaluation
from easy_mlops_operator.rules.figures import LIVE, Figure

_MESSAGE: int = 256


def verdict(rule: EffectiveRule, figure: Figure) -> Evaluation:
    """OK, Firing, or NoData with the reason."""
    rule, column = rule.at(figure.limit), rule.column or figure.column
    what = f"{rule.metric} of {column}" if column else rule.metric
    reach = f" over {rule.window}" if rule.metric in LIVE else ""
    common = _bare(rule, figure)
    if figure.samples is not None and figure.samples < rule.min_samples:
        few = f"{what}: too few samples{reach} (n={figure.samples} < {rule.min_samples})"
        return _no_data(common, NoVerdict.TOO_FEW_SAMPLES, few)
    if figure.value is None:
        return _no_data(common, figure.reason, f"{what} {figure.why}")
    if not math.isfinite(figure.value):
        return _no_data(common, NoVerdict.NOT_A_NUMBER, f"{what} is {decimal(figure.value)}")
    # Judged is what is shown, so that a verdict never contradicts its own numbers.
    shown = decimal(figure.value)
    limit = rule.limit_text(decimal)
    if rule.lacks_reference:
        message = f"{what} = {shown}, limit {limit}: the model has no held-out metric of this name"
        return _no_data(common, NoVerdict.NO_REFERENCE, message)
    fires = rule.fires(float(shown))
    samples = f" (n={figure.samples})" if figure.samples is not None else ""
    told = f"{what} = {shown} {limit}{reach}{samples}" if fires else f"{what} = {shown}{reach}{samples}, limit {limit}"
    state = "Firing" if fires else "OK"
    return common.model_copy(update={"state": state, "value": shown, "message": told[:_MESSAGE]})


def without_data(rule: EffectiveRule, found: Evaluation, before: Evaluation | None) -> Evaluation:
    """What `no_data` makes of a verdict that has none; `before` is the last one of the very same rule."""
    if found.state != "NoData" or rule.no_data == "unknown":
        return found
    if rule.no_data == "keep_last":
        return found if before is None or before.state not in ("OK", "Firing") else before
    state = "OK" if rule.no_data == "ok" else "Firing"
    message = f"{found.message}; no_data is {rule.no_data}"[-_MESSAGE:]
    return found.model_copy(update={"state": state, "message": message})


def same_rule(evaluation: Evaluation, rule: EffectiveRule) -> bool:
    """Whether an earlier verdict was one on this rule."""
    bare = _bare(rule, Figure(None))
    told = ["op", "low", "high", "window", "severity", "column", "source", "from_reference"]
    if rule.alpha is None:  # else the threshold follows the rows
        told.append("threshold")
    return all(getattr(evaluation, name) == getattr(bare, name) for name in told)


def _bare(rule: EffectiveRule, figure: Figure) -> Evaluation:
    is_live = rule.metric in LIVE
    return Evaluation(
        name=rule.name,
        layer=LIVE[rule.metric][0] if is_live else "model",
        state="NoData",
        op=rule.op,
        threshold=_text(rule.threshold),
        low=_text(rule.low),
        high=_text(rule.high),
        from_reference=None if rule.alpha is None else f"chi2, alpha {decimal(rule.alpha)}",
        source=rule.source,
        severity=rule.severity,
        samples=figure.samples,
        window=rule.window if is_live else None,
        column=rule.column,
        runbook=rule.runbook or None,
        top=figure.top,
    )


def _no_data(common: Evaluation, reason: str, message: str) -> Evaluation:
    return common.model_copy(update={"reason": str(reason), "message": message[:_MESSAGE]})


def _text(value: float | None) -> str | None:
    return None if value is None else decimal(value)
