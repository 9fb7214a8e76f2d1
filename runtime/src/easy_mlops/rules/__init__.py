"""Rules on metrics: which rules apply, and what a rule says about a figure. Pure: no input, no output, no clock.

The library, the command line, the reports and the operator all judge with this package, so that one rule and one
figure give one verdict everywhere. Whoever has figures makes `Figure`s of them; whoever shows verdicts maps `Verdict`.
"""
