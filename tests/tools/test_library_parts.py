"""What the package holds of libraries is what functions load; a call outside of the SDK's part is found."""

from __future__ import annotations

import ast
import gzip
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

import botocore
import pytest
from botocore.loaders import Loader
from botocore.model import ServiceModel

from tools.build import library_parts, package
from tools.build.library_parts import SERVICES, is_shipped

ROOT = Path(__file__).resolve().parents[2]
FILES = [ROOT / "app.py", *sorted((ROOT / "chalicelib").rglob("*.py"))]
SDK = ROOT / "chalicelib" / "shared" / "aws" / "sdk.py"
_MAKERS = ("client", "client_in_time")


def calls(tree: ast.AST) -> Iterator[ast.expr | None]:
    """Return the first argument of each call that makes a client, now or later by partial."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        arguments = list(node.args)
        name = ast.unparse(node.func).rpartition(".")[2]
        if name == "partial" and arguments and ast.unparse(arguments[0]).rpartition(".")[2] in _MAKERS:
            yield arguments[1] if len(arguments) > 1 else None
        elif name in _MAKERS and ast.unparse(node.func) != "self._client":
            yield arguments[0] if arguments else None


def test_the_package_holds_the_services_that_are_called_and_no_other() -> None:
    called: set[str] = set()
    for file in FILES:
        if file == SDK:
            continue  # it makes the clients that the others ask it for
        for service in calls(ast.parse(file.read_text(encoding="utf-8"))):
            assert isinstance(service, ast.Constant), f"{file.name} calls a service that nothing names"
            called.add(str(service.value))
    assert called == set(SERVICES)


def test_only_one_module_makes_clients() -> None:
    """A client from anywhere else would have no timeout, and a service that the list does not know."""
    makers = set()
    for file in FILES:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.module in (
                "boto3",
                "botocore.session",
                "boto3.session",
            ):
                names.append("boto3")
            if {"boto3", "botocore.session"} & set(names):
                makers.add(file)
    assert makers == {SDK}


@pytest.mark.parametrize(
    ("name", "shipped"),
    [
        ("botocore/data/dynamodb/2012-08-10/service-2.json.gz", True),
        ("botocore/data/dynamodb/2012-08-10/endpoint-rule-set-1.json.gz", True),
        ("botocore/data/s3/2006-03-01/service-2.sdk-extras.json", True),
        ("botocore/data/dynamodb/2012-08-10/paginators-1.json", False),
        ("botocore/data/dynamodb/2012-08-10/waiters-2.json", False),
        ("botocore/data/dynamodbstreams/2012-08-10/service-2.json.gz", False),
        ("botocore/data/ec2/2016-11-15/service-2.json.gz", False),
        ("botocore/data/endpoints.json", True),
        ("botocore/cacert.pem", True),
        ("botocore/client.py", True),
        ("boto3/session.py", True),
        ("boto3/data/ec2/2016-11-15/resources-1.json", False),
        ("boto3/examples/s3.rst", False),
        ("chalicelib/content/places.json", True),
        ("chalicelib/cffi/api.py", True),
        ("_cffi_backend.cpython-313-aarch64-linux-gnu.so", True),
        ("cffi/api.py", False),
        ("cffi-2.1.0.dist-info/licenses/LICENSE", True),
        ("pycparser/c_parser.py", False),
        ("dateutil/zoneinfo/__init__.py", True),
        ("dateutil/zoneinfo/dateutil-zoneinfo.tar.gz", False),
        ("tzdata/zoneinfo/America/Los_Angeles", True),
        ("tzdata/zoneinfo/tzdata.zi", False),
        ("boto3-1.44.8.dist-info/RECORD", False),
        ("boto3-1.44.8.dist-info/METADATA", True),
        ("pysequoia-0.1.35.dist-info/sboms/pysequoia.cyclonedx.json", False),
    ],
)
def test_what_a_function_may_load_and_the_licences_are_shipped(name: str, shipped: bool) -> None:
    assert is_shipped(name) == shipped


def test_a_service_is_described_without_words_for_people_and_wholly_otherwise() -> None:
    name = "botocore/data/dynamodb/2012-08-10/service-2.json.gz"
    described = {
        "operations": {"PutItem": {"name": "PutItem", "documentation": "<p>Creates an item.</p>"}},
        "shapes": {
            "Input": {
                "members": {"documentation": {"shape": "Text", "documentation": "<p>Words.</p>"}},
                "required": ["documentation"],
            }
        },
    }
    shipped = library_parts.as_shipped(name, gzip.compress(json.dumps(described).encode()))
    assert json.loads(gzip.decompress(shipped)) == {
        "operations": {"PutItem": {"name": "PutItem", "documentation": ""}},
        "shapes": {
            "Input": {
                "members": {"documentation": {"shape": "Text", "documentation": ""}},
                "required": ["documentation"],
            }
        },
    }
    assert library_parts.as_shipped("botocore/data/endpoints.json", b"{}") == b"{}"


@pytest.mark.parametrize("service", SERVICES)
def test_the_sdk_makes_the_same_calls_of_what_is_shipped(service: str, tmp_path: Path) -> None:
    data = Path(botocore.__file__).parent / "data"
    [source] = sorted((data / service).glob("*/service-2.json.gz"))[-1:]
    name = source.relative_to(data)
    target = tmp_path / name
    target.parent.mkdir(parents=True)
    target.write_bytes(library_parts.as_shipped(f"botocore/data/{name}", source.read_bytes()))
    told, whole = Loader([str(tmp_path)], include_default_search_paths=False), Loader()
    shipped = ServiceModel(told.load_service_model(service, "service-2", name.parts[1]), service)
    model = ServiceModel(whole.load_service_model(service, "service-2", name.parts[1]), service)
    assert shipped.operation_names == model.operation_names
    assert shipped.shape_names == model.shape_names
    assert shipped.metadata == model.metadata
    parameters = [[one.name for one in of.client_context_parameters] for of in (shipped, model)]
    assert parameters[0] == parameters[1]
    for operation in model.operation_names:
        one, other = shipped.operation_model(operation), model.operation_model(operation)
        assert one.http == other.http
        for shape, same in ((one.input_shape, other.input_shape), (one.output_shape, other.output_shape)):
            assert (shape and list(shape.members)) == (same and list(same.members))


def test_an_sdk_that_lacks_a_service_is_not_packaged(tmp_path: Path) -> None:
    described = [f"botocore/data/{service}/2026-01-01/service-2.json.gz" for service in SERVICES]
    assert library_parts.missing(described) == []
    with zipfile.ZipFile(tmp_path / "raw.zip", "w") as archive:
        for name in described[1:]:
            archive.writestr(name, "")
    with pytest.raises(package.PackagingFailed, match=f"the SDK has no {SERVICES[0]}"):
        package.refuse_another_sdk(tmp_path / "raw.zip")
