"""A real server that speaks S3, and empty buckets in it."""

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Iterator

import boto3
import pytest
from moto.server import ThreadedMotoServer

_numbers = itertools.count()


@pytest.fixture(scope="session")
def endpoint() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def new_bucket(endpoint: str) -> Callable[[], Awaitable[str]]:
    """Makes an empty bucket; its name."""

    async def make() -> str:
        name = f"bucket{next(_numbers)}"
        keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test-secret"}
        client = boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1", **keys)
        await asyncio.to_thread(client.create_bucket, Bucket=name)
        return name

    return make


@pytest.fixture
async def bucketful(new_bucket: Callable[[], Awaitable[str]]) -> str:
    """The name of an empty bucket."""
    return await new_bucket()
