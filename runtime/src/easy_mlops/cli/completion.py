"""`completion`: a shell script that completes commands, options and their values, made from the parser itself.

Written out in full instead of asked for at each TAB (as argcomplete does): Python starts slower than a key is pressed.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from easy_mlops.contract import EXIT_OK


def run(given: argparse.Namespace) -> int:
    """Print the script."""
    from easy_mlops.cli.main import parser

    print(bash(parser()), end="")
    return EXIT_OK


def bash(root: argparse.ArgumentParser) -> str:
    """A script for bash 4 or later that completes every command of `root`."""
    commands = _commands(root)
    words = " ".join([*commands, *_options(root)])
    cases = "\n".join(line for name, command in commands.items() for line in _cases(name, command))
    return f"""\
# Completion of {root.prog} for bash:  source <({root.prog} completion bash)
_make_mlops_easy() {{
    local word=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD-1]}} command=${{COMP_WORDS[1]}}
    local words=
    COMPREPLY=()
    if (( COMP_CWORD == 1 )); then
        words="{words}"
    else
        case "$command $before" in
{cases}
        esac
    fi
    local IFS=$'\\n'
    COMPREPLY=($(compgen -W "${{words// /$'\\n'}}" -- "$word"))
}}
complete -o default -F _make_mlops_easy {root.prog}
"""


def _commands(root: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    for action in root._actions:
        if isinstance(action, argparse._SubParsersAction):
            return dict(action.choices)
    return {}


def _options(parser: argparse.ArgumentParser) -> list[str]:
    return [option for action in parser._actions for option in action.option_strings]


def _cases(name: str, parser: argparse.ArgumentParser) -> Iterator[str]:
    """The value of an option first; then, wherever no value is due, the options themselves.

    No word at all leaves the place to bash's own file names (`complete -o default`).
    """
    for action in parser._actions:
        if action.option_strings and action.nargs != 0:
            pattern = "|".join(f'"{name} {option}"' for option in action.option_strings)
            yield f'            {pattern}) words="{" ".join(map(str, action.choices or ()))}" ;;'
    places = [action for action in parser._actions if not action.option_strings and action.choices]
    values = [str(choice) for action in places for choice in action.choices or ()]
    yield f'            "{name} "*) words="{" ".join([*values, *_options(parser)])}" ;;'
