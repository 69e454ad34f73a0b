"""Reads views as Discord gets them, and holds them against its limits."""

from collections.abc import Iterator
from typing import Any

from discord import ui
from discord.components import _component_factory

TEXT, BUTTON, GALLERY = 10, 2, 12  # types of components


def components(view: ui.LayoutView) -> list[dict[str, Any]]:
    """Return all components of a view as Discord gets them, nested ones too."""

    def walk(entries: list[Any]) -> Iterator[dict[str, Any]]:
        for entry in entries:
            yield entry
            yield from walk(entry.get("components", ()))
            if "accessory" in entry:
                yield entry["accessory"]

    return list(walk(view.to_components()))


def said(view: ui.LayoutView) -> list[str]:
    """Return the texts of a view."""
    return [entry["content"] for entry in components(view) if entry["type"] == TEXT]


def buttons(view: ui.LayoutView) -> dict[str, str]:
    """Return the labels of a view's buttons, by their ids."""
    found = [entry for entry in components(view) if entry["type"] == BUTTON]
    assert len({entry["custom_id"] for entry in found}) == len(found)
    return {entry["custom_id"]: entry["label"] for entry in found}


def returned(view: ui.LayoutView) -> list[Any]:
    """Return a view's components as they come back from Discord."""
    return [_component_factory(component) for component in view.to_components()]


def recorded(view: ui.LayoutView) -> str:
    """Return what a view says and offers, for a snapshot."""
    return " / ".join((*said(view), *(f"[{label}]" for label in buttons(view).values())))


def assert_within_limits(view: ui.LayoutView) -> None:
    """Assert that Discord takes the view, and that its buttons work for ever."""
    assert len(components(view)) <= 40
    assert sum(map(len, said(view))) <= 4000
    assert all(said(view))
    for custom_id, label in buttons(view).items():
        assert len(custom_id) <= 100
        assert 1 <= len(label) <= 80
    described = [entry for entry in components(view) if entry["type"] == GALLERY]
    assert all(len(item["description"]) <= 1024 for entry in described for item in entry["items"])
    assert view.timeout is None  # it would take the buttons' patterns with it
    assert view.has_components_v2()
