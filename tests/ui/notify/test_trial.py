"""`facot-backups notify test`."""

from __future__ import annotations

from tests.end_to_end.world import World
from tests.ui.notify.watched import Watched


def test_notify_test(watched: Watched) -> None:
    watched.variables.setenv("BACKUP_ON_ERROR", "exit 0")
    told = watched.world.run("notify", "test")
    assert (told.code, told.err) == (0, "")
    assert told.out.splitlines() == [
        "✓ healthcheck_url              llegó",
        "✓ notify_urls[1] (json)        llegó",
        "✓ on_error                     la orden terminó bien",
    ]
    assert watched.pings == ["/log"]
    assert watched.said == ["prueba de avisos"]
    watched.heartbeat.statuses["/latido/log"] = 404
    watched.messages.status = 503
    failed = watched.world.run("notify", "test", "--json")
    assert watched.pings == ["/log", "ok"]
    assert (failed.code, failed.report["success"]) == (14, False)
    assert [(c["name"], c["arrived"]) for c in failed.report["channels"]] == [
        ("healthcheck_url", True),
        ("notify_urls[1] (json)", False),
        ("on_error", True),
    ]
    assert "503" in failed.report["channels"][1]["problem"]


def test_notify_test_says_that_nobody_would_be_told(world: World) -> None:
    world.run("notify", "test").failed(2, "healthcheck_url", "notify_urls")
