"""The styles that every server has: the words appended to a prompt, and titles by language."""

from collections.abc import Mapping
from typing import Final

BUILT_IN_STYLES: Final[Mapping[str, tuple[str, Mapping[str, str]]]] = {
    "photo": (
        "photograph, natural light, 50 mm lens, shallow depth of field, fine detail",
        {"en": "Photograph", "de": "Fotografie"},
    ),
    "cinematic": (
        "cinematic still, anamorphic lens, dramatic light, film grain, wide composition",
        {"en": "Cinematic", "de": "Filmisch"},
    ),
    "watercolour": (
        "watercolour painting, wet edges, soft washes of pigment, visible paper texture",
        {"en": "Watercolour", "de": "Aquarell"},
    ),
    "oil": (
        "oil painting on canvas, thick brush strokes, rich pigments, warm museum light",
        {"en": "Oil painting", "de": "Ölgemälde"},
    ),
    "ink": (
        "ink drawing, confident black lines, cross-hatching, white paper",
        {"en": "Ink drawing", "de": "Tuschezeichnung"},
    ),
    "pencil": (
        "pencil sketch, graphite shading, loose construction lines, sketchbook page",
        {"en": "Pencil sketch", "de": "Bleistiftskizze"},
    ),
    "comic": (
        "comic book panel, bold outlines, flat colours, halftone dots, dynamic angle",
        {"en": "Comic", "de": "Comic"},
    ),
    "anime": (
        "anime key visual, clean line art, cel shading, vivid colours",
        {"en": "Anime", "de": "Anime"},
    ),
    "pixel": (
        "pixel art, limited palette, crisp square pixels, 16-bit game scene",
        {"en": "Pixel art", "de": "Pixelgrafik"},
    ),
    "isometric": (
        "isometric illustration, tidy geometric shapes, soft shadows, pastel colours",
        {"en": "Isometric", "de": "Isometrisch"},
    ),
    "render": (
        "3D render, physically based materials, global illumination, soft studio backdrop",
        {"en": "3D render", "de": "3D-Bild"},
    ),
    "papercut": (
        "layered paper cut art, crisp edges, gentle shadows between the layers",
        {"en": "Paper cut", "de": "Papierschnitt"},
    ),
    "poster": (
        "vintage travel poster, simplified shapes, limited flat palette, screen print texture",
        {"en": "Vintage poster", "de": "Altes Plakat"},
    ),
    "linocut": (
        "linocut print, carved texture, two ink colours, rough paper",
        {"en": "Linocut", "de": "Linolschnitt"},
    ),
    "clay": (
        "claymation figure, modelled clay with fingerprints, miniature set, warm lamp light",
        {"en": "Clay", "de": "Knetfigur"},
    ),
}
