"""The board and the alert rules of ``deploy/monitoring`` ask for what a bot exports."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import promql_parser
import pytest
import yaml  # type: ignore[import-untyped]
from prometheus_client.parser import text_string_to_metric_families
from promql_parser import AggregateExpr, Expr, MatchOp, VectorSelector

from tests.acceptance.driver import delivered

FOLDER = Path(__file__).parents[2] / "deploy" / "monitoring"
PANELS = json.loads((FOLDER / "dashboard.json").read_text())["panels"]
GROUPS = yaml.safe_load((FOLDER / "alerts.yml").read_text())["groups"]
RULES = [rule for group in GROUPS for rule in group["rules"]]

# Prometheus adds the labels of a scrape's target, and a series of its own.
TARGET = {"job": "imagine", "instance": "127.0.0.1:8080"}
UP = ("up", TARGET)
COLUMNS = 24  # of a board of Grafana

Series = list[tuple[str, dict[str, str]]]


def queries() -> Iterator[tuple[str, str]]:
    """Yield each expression, and the text that shows its labels."""
    for panel in PANELS:
        for target in panel["targets"]:
            yield target["expr"].replace("$__rate_interval", "5m"), target["legendFormat"]
    for rule in RULES:
        yield rule["expr"], rule["annotations"]["summary"]


def parts(expression: Expr, kind: type) -> list:
    """Return what there is of *kind* in an expression."""
    found: list = []
    promql_parser.walk(expression, found.append)
    return [part for part in found if isinstance(part, kind)]


def selected(selector: VectorSelector, series: Series) -> list[dict[str, str]]:
    """Return the labels of what a selector reads; each of its conditions holds for some of that.

    Of an excluded value there is an example: a name or a value with a typo excludes nothing.
    """
    labels = [labels for name, labels in series if name == selector.name]
    assert labels, f"{selector.name} is not exported"
    for matcher in selector.matchers.matchers:
        exact = matcher.op in (MatchOp.Equal, MatchOp.NotEqual)
        pattern = re.compile(re.escape(matcher.value) if exact else matcher.value)
        matching = [one for one in labels if pattern.fullmatch(one.get(matcher.name, ""))]
        assert matching, f"{selector.name} has no {matcher}"
        if matcher.op in (MatchOp.Equal, MatchOp.Re):
            labels = matching
    return labels


async def test_each_query_reads_series_and_labels_of_a_running_bot(start, noah, store, metrics):
    await start()
    sent = await noah.command("imagine", prompt="a measured lighthouse")
    await sent.until(delivered(1))
    await store.delivered("a measured lighthouse")

    families = text_string_to_metric_families(await metrics())
    series = [
        UP,
        *((one.name, one.labels | TARGET) for family in families for one in family.samples),
    ]

    assert len(list(queries())) > len(PANELS)
    for query, shown in queries():
        expression = promql_parser.parse(query)
        read = [selected(one, series) for one in parts(expression, VectorSelector)]
        kept = set.union(*(set(labels) for some in read for labels in some))
        for sums in parts(expression, AggregateExpr):
            by = set(sums.modifier.labels if sums.modifier else ())
            for selector in parts(sums.expr, VectorSelector):
                assert all(by <= labels.keys() for labels in selected(selector, series)), query
            kept &= by
        assert kept.issuperset(re.findall(r"\{\{\s*(?:\$labels\.)?(\w+)\s*\}\}", shown)), query


def test_panels_have_places_of_their_own():
    places = [
        (x, y)
        for place in (panel["gridPos"] for panel in PANELS)
        for x in range(place["x"], place["x"] + place["w"])
        for y in range(place["y"], place["y"] + place["h"])
    ]

    assert len(set(places)) == len(places)
    assert max(x for x, _ in places) < COLUMNS
    for key in ("id", "title"):
        assert len({panel[key] for panel in PANELS}) == len(PANELS)
    for panel in PANELS:
        assert panel["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
        assert len({target["refId"] for target in panel["targets"]}) == len(panel["targets"])


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_a_rule_has_the_fields_of_an_alert(rule):
    """Prometheus refuses a file with any other field."""
    assert [group.keys() for group in GROUPS] == [{"name", "rules"}]
    assert rule.keys() - {"for"} == {"alert", "expr", "labels", "annotations"}
    assert promql_parser.parse_duration(rule.get("for", "1s"))
    assert rule["labels"]["severity"] in {"critical", "warning"}
    assert [one["alert"] for one in RULES].count(rule["alert"]) == 1
