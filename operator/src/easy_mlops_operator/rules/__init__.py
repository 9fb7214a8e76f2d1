"""Rules: what the observability section asks for, judged on held-out metrics and live figures. Pure."""

from easy_mlops_operator.rules.evaluate import Live, evaluate
from easy_mlops_operator.rules.held import calls, seconds_to_change
from easy_mlops_operator.rules.renewal import is_due
from easy_mlops_operator.rules.verdict import Verdict, judge

__all__ = ["Live", "Verdict", "calls", "evaluate", "is_due", "judge", "seconds_to_change"]
