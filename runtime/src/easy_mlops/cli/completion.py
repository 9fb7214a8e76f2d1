"""`completion`: a shell script that completes commands, options and their values, made from the parser itself.

Written out in full instead of asked for at each TAB (as argcomplete does): Python starts slower than a key is pressed.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from easy_mlops.cli.parser import commands_of, parser
from easy_mlops.contract import EXIT_OK


def run(given: argparse.Namespace) -> int:
    """Print the script."""
    script = bash(parser()) if given.shell == "bash" else fish(parser())
    print(script, end="")
    return EXIT_OK


def bash(root: argparse.ArgumentParser) -> str:
    """A script for bash 4 or later that completes every command of `root`."""
    commands = commands_of(root)
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


def fish(root: argparse.ArgumentParser) -> str:
    """A script for fish 3 or later that completes every command of `root`; fish shows their help beside them."""
    lines = [f"# Completion of {root.prog} for fish:  {root.prog} completion fish | source"]
    for action in root._actions:
        if isinstance(action, argparse._SubParsersAction):
            lines += [
                f"complete -c {root.prog} -n __fish_use_subcommand -f -a {choice.dest} -d {_quoted(choice.help or '')}"
                for choice in action._choices_actions
            ]
        else:
            lines.append(_fish_line(root.prog, "__fish_use_subcommand", action))
    for name, command in commands_of(root).items():
        condition = f"__fish_seen_subcommand_from {name}"
        lines += [_fish_line(root.prog, condition, action) for action in command._actions]
    return "".join(f"{line}\n" for line in lines if line)


def _fish_line(program: str, condition: str, action: argparse.Action) -> str:
    """What completes an option and its value; without choices fish offers file names. A place without them has none."""
    values = " ".join(map(str, action.choices or ()))
    if not action.option_strings:
        return f"complete -c {program} -n {_quoted(condition)} -f -a {_quoted(values)}" if values else ""
    names = [f"-l {word[2:]}" if word.startswith("--") else f"-s {word[1:]}" for word in action.option_strings]
    value = "" if action.nargs == 0 else f" -x -a {_quoted(values)}" if values else " -r -F"
    told = f" -d {_quoted(action.help)}" if action.help else ""
    return f"complete -c {program} -n {_quoted(condition)} {' '.join(names)}{value}{told}"


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
