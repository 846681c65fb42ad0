"""The API as a front end uses it: `gql`, a GraphQL client that is not ours."""

import io
import time
from collections.abc import Callable
from typing import Any

import httpx2
from gql import Client, gql
from gql.transport.requests import RequestsHTTPTransport
from PIL import Image, ImageDraw

from tests.journeys.conftest import Household


class Officer:
    """One signed-in person with a GraphQL client and the file door."""

    def __init__(self, household: Household, username: str) -> None:
        self.household = household
        self.token = household.token(username)
        self.headers = {"Authorization": f"Bearer {self.token}"}
        transport = RequestsHTTPTransport(
            f"{household.url}/graphql", headers=self.headers, timeout=20
        )
        self._client = Client(transport=transport)

    def ask(self, text: str, **variables: Any) -> dict[str, Any]:
        request = gql(text)
        request.variable_values = variables
        return dict(self._client.execute(request))

    def do(self, mutation: str, selection: str, **given: Any) -> dict[str, Any]:
        """Run `mutation(input:)` and return its payload; a user error fails the test."""
        kind = mutation[0].upper() + mutation[1:]
        text = (
            f"mutation Do($input: {kind}Input!) {{ {mutation}(input: $input) "
            f"{{ {selection} errors {{ field code message }} }} }}"
        )
        payload = self.ask(text, input=given)[mutation]
        assert payload["errors"] == [], payload["errors"]
        return dict(payload)

    def upload(self, content: bytes) -> str:
        answer = httpx2.post(
            f"{self.household.url}/files",
            files={"file": ("photo.jpg", content, "image/jpeg")},
            headers=self.headers,
            timeout=20,
        )
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def get(self, path: str) -> httpx2.Response:
        return httpx2.get(f"{self.household.url}{path}", headers=self.headers, timeout=20)


def wait_for(look: Callable[[], Any], seconds: float = 60, every: float = 0.3) -> Any:
    """What `look` gives as soon as it is something."""
    deadline = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(every)
    return found


def photo(text: str = "done") -> bytes:
    """A street-like drawing without people."""
    picture = Image.new("RGB", (800, 600), "#9db4c0")
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, 380, 800, 600), fill="#5c6b73")
    draw.text((40, 40), text, fill="black")
    out = io.BytesIO()
    picture.save(out, "JPEG")
    return out.getvalue()
