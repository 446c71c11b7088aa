"""The Runtime API that tests and the bench run functions under."""

from __future__ import annotations

import pytest

from tools.build.runtime_api import FunctionFailed, Running, runtime_packages


@pytest.fixture(scope="module")
def runtime(tmp_path_factory):
    return runtime_packages(["awslambdaric"], tmp_path_factory.mktemp("runtime"))


def a_function(folder, source):
    (folder / "main.py").write_text(source, encoding="utf-8")
    return folder


def test_a_function_gets_each_event_and_its_answer_comes_back(tmp_path, runtime):
    source = (
        "def handle(event, context):\n"
        "    return {'got': event, 'left': context.get_remaining_time_in_millis()}\n"
    )
    with Running(a_function(tmp_path, source), "main.handle", {}, runtime) as function:
        for number in range(3):
            answer = function.invoke({"number": number, "text": "é😀"})
            assert answer["got"] == {"number": number, "text": "é😀"}
            assert 0 < answer["left"] <= 60_000


def test_a_function_sees_its_own_environment_and_no_package_of_ours(tmp_path, runtime):
    source = (
        "import os, importlib.util\n"
        "def handle(event, context):\n"
        "    ours = ('boto3', 'chalice', 'jinja2', 'pytest')\n"
        "    found = [name for name in ours if importlib.util.find_spec(name)]\n"
        "    return [found, os.environ.get('MINE'), os.environ.get('HOME')]\n"
    )
    with Running(a_function(tmp_path, source), "main.handle", {"MINE": "yes"}, runtime) as function:
        assert function.invoke({}) == [[], "yes", None]


def test_an_error_in_a_function_is_told_with_its_log(tmp_path, runtime):
    source = "def handle(event, context):\n    print('before')\n    raise KeyError('lost')\n"
    with (
        Running(a_function(tmp_path, source), "main.handle", {}, runtime) as function,
        pytest.raises(FunctionFailed, match=r"(?s)error: .*KeyError.*before"),
    ):
        function.invoke({})


def test_a_function_that_cannot_be_loaded_says_why(tmp_path, runtime):
    with (
        Running(a_function(tmp_path, "import nothing_of_the_kind\n"), "main.handle", {}, runtime) as function,
        pytest.raises(FunctionFailed, match="nothing_of_the_kind"),
    ):
        function.invoke({})


def test_a_function_that_dies_is_noticed_at_once(tmp_path, runtime):
    source = "import os\ndef handle(event, context):\n    os._exit(3)\n"
    with (
        Running(a_function(tmp_path, source), "main.handle", {}, runtime) as function,
        pytest.raises(FunctionFailed, match="died: exit code 3"),
    ):
        function.invoke({})
