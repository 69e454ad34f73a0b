"""What Prometheus is served."""

from bot.service.health import Readiness, StoreSnapshot
from bot.web import metrics

CENSUS = StoreSnapshot(readiness=Readiness(gateway=True, store=True, closed=None))


async def test_the_page_is_served_as_prometheus_reads_it(serve):
    async def census():
        return CENSUS

    def page(found):
        assert found is CENSUS
        return b"imagine_orders_taken_total 0.0\n"

    call = await serve(metrics.routes(census, page))

    assert await call("GET", "/metrics") == (200, b"imagine_orders_taken_total 0.0\n")
