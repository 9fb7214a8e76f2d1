"""Rules between fields: what is wrong with a configuration whose single values are all valid, section by section.

Pure, and the same for the operator, for `make-mlops-easy run --check`, for the Job and for the library's classes:
`spec.py` combines them. Each section is a module, so that a class that uses a single section imports no others.
"""
