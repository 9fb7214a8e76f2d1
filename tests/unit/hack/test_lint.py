"""Phrases that no text uses, and the size of files and functions: `python hack/lint`."""

import subprocess
from pathlib import Path

import pytest
from lint import cli
from lint.phrases import PHRASES, find_phrases, load_phrases
from lint.sizes import find_oversized

LIST = """
sleeps very furiously: rests
the cat's pyjamas: excellent
green ideas:
  instead: available
  except:
    docs/quote.md: quotes the output of another program
"""


@pytest.mark.parametrize(
    "text",
    [
        "the idea sleeps very furiously",
        "SLEEPS very  furiously",
        "the idea sleeps\nvery furiously",
        "# the idea sleeps very\n    # furiously at all",
        '"the idea sleeps " "very furiously"',
        "def test_it_sleeps_very_furiously():",
        "**sleeps very furiously**",
    ],
)
def test_a_phrase_is_found_across_lines_comments_and_identifiers(text: str) -> None:
    findings = list(find_phrases("a.py", f"\n{text}\n", load_phrases(LIST)))
    assert [(finding.line, finding.message) for finding in findings] == [(2, "'sleeps very furiously': write rests")]


@pytest.mark.parametrize(
    "text", ["it sleeps very furiouslyish", "oversleeps very furiously", "it sleeps furiously", "nothing"]
)
def test_other_words_are_not_findings(text: str) -> None:
    assert not list(find_phrases("a.py", text, load_phrases(LIST)))


def test_an_apostrophe_belongs_to_the_phrase() -> None:
    assert [finding.line for finding in find_phrases("a.md", "a\nit is the cat's pyjamas", load_phrases(LIST))] == [2]


def test_an_exception_is_for_one_file() -> None:
    phrases = load_phrases(LIST)
    assert not list(find_phrases("docs/quote.md", "green ideas", phrases))
    assert list(find_phrases("docs/other.md", "green ideas", phrases))


def test_a_file_name_is_a_text_too() -> None:
    findings = list(find_phrases("tests/test_green_ideas.py", "", load_phrases(LIST)))
    assert [str(finding) for finding in findings] == [
        "tests/test_green_ideas.py:1: file name with 'green ideas': write available"
    ]


def function(lines: int, docstring: str = "") -> str:
    """A function of so many lines, `def` included."""
    return f"def long():\n    '''{docstring}'''\n" + "    x = 1\n" * (lines - 1)


def test_a_function_of_forty_lines_is_not_too_long_and_its_docstring_does_not_count() -> None:
    assert not list(find_oversized("a.py", function(40, "One line.\n\n    And\n    more.")))


def test_a_longer_function_is_a_finding_at_its_line() -> None:
    source = f"class Thing:\n    if True:\n        try:\n            pass\n        finally:\n{indented(function(41))}"
    [finding] = find_oversized("a.py", source)
    assert str(finding).startswith("a.py:6: long has 41 lines, more than 40: split it, or")


def test_a_reason_in_the_docstring_permits_a_longer_function() -> None:
    assert not list(find_oversized("a.py", function(99, "It does much. Long\n    because each line is one option.")))


def test_a_file_over_400_lines_is_a_finding_unless_its_docstring_gives_the_reason() -> None:
    [finding] = find_oversized("a.py", "x = 1\n" * 401)
    assert str(finding) == "a.py:1: 401 lines, more than 400: split the file by idea"
    assert not list(find_oversized("a.py", "'''Long because it is a table.'''\n" + "x = 1\n" * 400))


def indented(source: str) -> str:
    return "".join(f"            {line}\n" for line in source.splitlines())


def test_the_checked_in_list_is_well_formed() -> None:
    for phrase in load_phrases(PHRASES.read_text()):
        assert phrase.instead
        assert all((cli.ROOT / path).is_file() for path in phrase.exceptions), phrase


def test_files_that_are_not_yet_tracked_are_checked_and_ignored_ones_are_not(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path, check=True)
    (tmp_path / ".gitignore").write_text("ignored.txt\n")
    for name in ("new.txt", "ignored.txt"):
        (tmp_path / name).write_text("text")
    assert cli.tracked_files(tmp_path) == [".gitignore", "new.txt"]


def test_the_size_of_documents_is_not_checked_and_binary_files_are_skipped(tmp_path: Path) -> None:
    (tmp_path / "long.md").write_text("line\n" * 500)
    (tmp_path / "picture.bin").write_bytes(b"\xff\xfe\x00")
    assert not list(cli.check(tmp_path, ["long.md", "picture.bin"]))
