"""What all unit tests take for granted, whatever machine and shell they are started from."""

from __future__ import annotations

import signal

from hypothesis import HealthCheck, settings

# Laws are about what comes out, never about the time it takes: a busy machine must not fail them.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")

# A shell's background job ignores Ctrl-C, and so would each program that a test starts and interrupts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
