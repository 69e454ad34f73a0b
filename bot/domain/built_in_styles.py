"""The styles that every server has: the words appended to a prompt, and titles by language."""

from collections.abc import Mapping
from typing import Final

WORDS: Final[Mapping[str, str]] = {
    "photo": "photograph, natural light, 50 mm lens, shallow depth of field, fine detail",
    "cinematic": "cinematic still, anamorphic lens, dramatic light, film grain, wide composition",
    "watercolour": "watercolour painting, wet edges, soft washes of pigment, visible paper texture",
    "oil": "oil painting on canvas, thick brush strokes, rich pigments, warm museum light",
    "ink": "ink drawing, confident black lines, cross-hatching, white paper",
    "pencil": "pencil sketch, graphite shading, loose construction lines, sketchbook page",
    "comic": "comic book panel, bold outlines, flat colours, halftone dots, dynamic angle",
    "anime": "anime key visual, clean line art, cel shading, vivid colours",
    "pixel": "pixel art, limited palette, crisp square pixels, 16-bit game scene",
    "isometric": "isometric illustration, tidy geometric shapes, soft shadows, pastel colours",
    "render": "3D render, physically based materials, global illumination, soft studio backdrop",
    "papercut": "layered paper cut art, crisp edges, gentle shadows between the layers",
    "poster": (
        "vintage travel poster, simplified shapes, limited flat palette, screen print texture"
    ),
    "linocut": "linocut print, carved texture, two ink colours, rough paper",
    "clay": "claymation figure, modelled clay with fingerprints, miniature set, warm lamp light",
}
TITLES: Final[Mapping[str, Mapping[str, str]]] = {
    "photo": {"en": "Photograph", "de": "Fotografie"},
    "cinematic": {"en": "Cinematic", "de": "Filmisch"},
    "watercolour": {"en": "Watercolour", "de": "Aquarell"},
    "oil": {"en": "Oil painting", "de": "Ölgemälde"},
    "ink": {"en": "Ink drawing", "de": "Tuschezeichnung"},
    "pencil": {"en": "Pencil sketch", "de": "Bleistiftskizze"},
    "comic": {"en": "Comic", "de": "Comic"},
    "anime": {"en": "Anime", "de": "Anime"},
    "pixel": {"en": "Pixel art", "de": "Pixelgrafik"},
    "isometric": {"en": "Isometric", "de": "Isometrisch"},
    "render": {"en": "3D render", "de": "3D-Bild"},
    "papercut": {"en": "Paper cut", "de": "Papierschnitt"},
    "poster": {"en": "Vintage poster", "de": "Altes Plakat"},
    "linocut": {"en": "Linocut", "de": "Linolschnitt"},
    "clay": {"en": "Clay", "de": "Knetfigur"},
}
