"""A bar chart of what each contender accepts, as SVG, without a library."""

import html

WIDTH, LEFT, BAR, GAP, TOP = 760, 230, 26, 12, 58
COLOURS = {"bridge": "#1f6f8b", "bridge_alone": "#1f6f8b"}


def accept(part):
    """Bars for the medians, lines for the spread of the rounds."""
    contenders = part.get("contenders", {})
    height = TOP + len(contenders) * (BAR + GAP) + 16
    most = max((entry["rate"]["most"] for entry in contenders.values()), default=1)
    scale = (WIDTH - LEFT - 90) / most
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" '
        f'font-size="13" role="img" aria-label="Accepted webhooks a second">',
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
        '<text x="16" y="24" font-size="16" fill="#222222">Accepted webhooks a second (1,680 bytes, 64 connections)</text>',
        '<text x="16" y="43" fill="#666666">Median of the rounds, with the least and the most. Hatched: not durable.</text>',
        '<defs><pattern id="hatched" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
        '<rect width="6" height="6" fill="#d9d9d9"/><rect width="2" height="6" fill="#a6a6a6"/></pattern></defs>',
    ]
    for index, (name, entry) in enumerate(contenders.items()):
        parts += bar(name, entry, TOP + index * (BAR + GAP), scale)
    return "\n".join(parts + ["</svg>", ""])


def bar(name, entry, y, scale):
    rate = entry["rate"]
    fill = COLOURS.get(name, "#b8c4cc") if entry["is_verified"] else "url(#hatched)"
    middle = y + BAR / 2
    least, most = LEFT + rate["least"] * scale, LEFT + rate["most"] * scale
    return [
        f'<text x="{LEFT - 10}" y="{middle + 5}" text-anchor="end" fill="#222222">{html.escape(entry["label"])}</text>',
        f'<rect x="{LEFT}" y="{y}" width="{rate["median"] * scale:.1f}" height="{BAR}" fill="{fill}"/>',
        f'<path d="M{least:.1f} {middle}H{most:.1f}M{least:.1f} {middle - 5}v10M{most:.1f} {middle - 5}v10" '
        'stroke="#222222" fill="none"/>',
        f'<text x="{most + 8:.1f}" y="{middle + 5}" fill="#222222">{rate["median"]:,.0f}</text>',
    ]
