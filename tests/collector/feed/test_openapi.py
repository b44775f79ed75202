"""The description of the API: complete, and true of whatever may be sent."""

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import Case
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import response_schema_conformance

from collector.alarms.alarm import Refusal
from collector.feed.problems import ProblemCode
from collector.shifts import log
from collector.users.roles import Role
from tests.collector.feed.serving import Server, event

ADMIN = ("*", Role.ADMINISTRATOR)
ELSEWHERE = {
    "/api/v1/stream",
    "/api/v1/login",
    "/api/v1/logout",
    "/api/v1/oidc/login",
    "/api/v1/oidc/callback",
}
"""Do not end, or end the session; they have tests of their own."""
EXAMPLES = 12


def test_every_operation_and_model_is_described(server: Server) -> None:
    described = server.person("root", ADMIN).get("/openapi.json").json()
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            assert operation.get("description"), (method, path)
            assert operation["description"].endswith("."), (method, path)
    for name, model in described["components"]["schemas"].items():
        if name not in {"HTTPValidationError", "ValidationError"}:
            assert model.get("description"), name


def test_all_reasons_of_refusal_have_codes() -> None:
    assert {*Refusal, *log.Refusal} <= set(ProblemCode)


@pytest.mark.timeout(180)
def test_whatever_is_sent_the_answer_is_as_described_and_never_an_error_of_ours(server: Server) -> None:
    root = server.person("root", ADMIN)
    server.tell(*(event(f"c{n}") for n in range(3)))
    schema = schemathesis.openapi.from_dict(root.get("/openapi.json").json())
    headers = {"X-CSRF-Token": root.headers["X-CSRF-Token"]}
    tried: list[str] = []
    for found in schema.get_all_operations():
        assert isinstance(found, Ok), found
        operation = found.ok()
        if operation.path not in ELSEWHERE:
            tried.append(operation.label)
            _try(operation, server.url, headers, dict(root.cookies))
    assert len(tried) > 25
    assert root.get("/me").status_code == 200, "still logged in, so that all this was tried as somebody"


def _try(operation: Any, url: str, headers: dict[str, str], cookies: dict[str, str]) -> None:
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.explicit, Phase.generate],
    )
    @given(case=operation.as_strategy())
    def attempt(case: Case[Any]) -> None:
        answer = case.call(base_url=url, headers=headers, cookies=cookies)
        case.validate_response(answer, checks=[not_a_server_error, response_schema_conformance])

    attempt()
