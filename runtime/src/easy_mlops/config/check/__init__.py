"""Rules between fields: what is wrong with a configuration whose every single value is right, section by section.

Pure, and the same for the operator (which knows at once that a spec cannot work), for `make-mlops-easy run --check`
and for the library's classes. Each section is a module, so that one that takes a single section loads no others.
"""
