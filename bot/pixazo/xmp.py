"""XMP packets that say that a picture is generated: RDF, written as XML. Pure: no I/O."""

import re
from dataclasses import dataclass
from typing import Final
from xml.parsers import expat
from xml.sax.saxutils import quoteattr

_RDF: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_IPTC: Final = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
_XMP: Final = "http://ns.adobe.com/xap/1.0/"
_PHOTOSHOP: Final = "http://ns.adobe.com/photoshop/1.0/"
_PREFIXES: Final = {_RDF: "rdf", _IPTC: "Iptc4xmpExt", _XMP: "xmp", _PHOTOSHOP: "photoshop"}
_PROPERTIES: Final = f"{_RDF} RDF"
_DESCRIPTION: Final = f"{_RDF} Description"

_SOURCE_TYPE: Final = f"{_IPTC} DigitalSourceType"
GENERATED: Final = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
_PROVENANCE: Final = "http://purl.org/dc/terms/ provenance"
# The source types that say that a picture, or a part of it, is generated.
SAYS_GENERATED: Final = re.compile(
    rb"\b(?:(?:compositeWithT|t)rainedAlgorithmicMedia|compositeSynthetic)\b"
)
_SOURCE_TYPE_ATTRIBUTE: Final = re.compile(
    rb"""\s[\w.-]+:DigitalSourceType\s*=\s*(?:"[^"]*"|'[^']*')"""
)
_EMPTY: Final = (
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
    f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="{_RDF}"></rdf:RDF></x:xmpmeta>'
    '<?xpacket end="w"?>'
).encode()


@dataclass(frozen=True, kw_only=True)
class Mark:
    """What a picture says of its origin, besides that it is generated."""

    software: str
    model: str
    order: str  # its public id

    def properties(self) -> dict[str, str]:
        """Return the properties by their names, as expat spells them."""
        return {
            _SOURCE_TYPE: GENERATED,
            f"{_IPTC} AISystemUsed": self.model,
            f"{_XMP} CreatorTool": self.software,
            f"{_PHOTOSHOP} TransmissionReference": self.order,
        }


def marked(packet: bytes | None, mark: Mark) -> bytes:
    """Return *packet* with the properties of *mark* that it lacks; its own stay as they are.

    Only a source type that does not say that the picture is generated is replaced. A packet that
    cannot be read says nothing, and is replaced as a whole.
    """
    try:
        known = _Packet(_EMPTY if packet is None else packet)
    except (expat.ExpatError, ValueError):
        known = _Packet(_EMPTY)
    return known.with_properties(mark.properties())


def says_generated(packet: bytes | None) -> bool:
    """Tell whether *packet* says that the picture is generated."""
    try:
        return packet is not None and _Packet(packet).says_generated
    except (expat.ExpatError, ValueError):
        return False


def names_manifest(packet: bytes | None) -> bool:
    """Tell whether *packet* says where a C2PA manifest is, which covers every byte of the file."""
    try:
        return packet is not None and _PROVENANCE in _Packet(packet).names
    except (expat.ExpatError, ValueError):
        return False


class _Packet:
    """The properties of a packet, and where they are in it."""

    def __init__(self, packet: bytes) -> None:
        """Raise ExpatError or ValueError: it is no XMP, or has a document type."""
        self.names: set[str] = set()
        self.says_generated = False
        self._packet = packet
        self._open: list[tuple[str, int]] = []  # elements, and where they begin
        self._tag: tuple[str, int] | None = None  # says a source type; ends with the next event
        self._source_types: list[tuple[int, int]] = []
        self._end: int | None = None  # of all properties
        self._parser = expat.ParserCreate("utf-8", " ")
        self._parser.StartElementHandler = self._on_start
        self._parser.EndElementHandler = self._on_end
        self._parser.DefaultHandler = self._on_event
        self._parser.StartDoctypeDeclHandler = _refuse
        self._parser.Parse(packet.rstrip(b"\x00"), True)  # noqa: FBT003  expat knows no keyword
        if self._end is None:
            raise ValueError("the packet has no place for properties")
        self.says_generated = any(
            SAYS_GENERATED.search(packet, begin, end) for begin, end in self._source_types
        )

    def with_properties(self, properties: dict[str, str]) -> bytes:
        """Return the packet with those of *properties* that it lacks."""
        replaced = [] if self.says_generated else self._source_types
        known = self.names - {_SOURCE_TYPE} if replaced else self.names
        lacking = {name: text for name, text in properties.items() if name not in known}
        if not lacking:
            return self._packet
        kept, at = [], 0
        for begin, end in replaced:
            kept.append(self._packet[at:begin])
            at = end
        kept += [self._packet[at : self._end], _description(lacking), self._packet[self._end :]]
        return b"".join(kept)

    def _on_start(self, name: str, attributes: dict[str, str]) -> None:
        at = self._on_event()
        outer = [known for known, _ in self._open[-2:]]
        if outer == [_PROPERTIES, _DESCRIPTION]:
            self.names.add(name)
        elif outer[-1:] == [_PROPERTIES] and name == _DESCRIPTION:
            self.names.update(attributes)
            if _SOURCE_TYPE in attributes:
                self._tag = (name, at)
        self._open.append((name, at))

    def _on_end(self, name: str) -> None:
        at = self._on_event()
        _, begin = self._open.pop()
        outer = [known for known, _ in self._open[-2:]]
        if name == _SOURCE_TYPE and outer == [_PROPERTIES, _DESCRIPTION]:
            self._tag = (name, begin)
        elif name == _PROPERTIES and self._packet.startswith(b"</", at):
            self._end = at

    def _on_event(self, _: str = "") -> int:
        """Note where the tag ended that says a source type. Return where the parser is."""
        at = self._parser.CurrentByteIndex
        if self._tag is not None and at > self._tag[1]:
            (name, begin), self._tag = self._tag, None
            if name == _SOURCE_TYPE:
                self._source_types.append((begin, at))
            else:
                found = _SOURCE_TYPE_ATTRIBUTE.finditer(self._packet, begin, at)
                self._source_types += [match.span() for match in found]
        return at


def _refuse(*_: object) -> None:
    raise ValueError("the packet has a document type")


def _description(properties: dict[str, str]) -> bytes:
    """Return *properties* as an element that needs no prefix from outside."""
    spaces, texts = {_RDF: None}, []
    for name, text in properties.items():
        space, local = name.split(" ")
        spaces[space] = None
        texts.append(f" {_PREFIXES[space]}:{local}={quoteattr(text)}")
    known = "".join(f' xmlns:{_PREFIXES[space]}="{space}"' for space in spaces)
    return f'<rdf:Description{known} rdf:about=""{"".join(texts)}/>'.encode()
