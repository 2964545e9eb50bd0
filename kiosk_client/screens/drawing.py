"""How each kind of thing looks. Positions count from the bottom left here, as in OpenGL."""

from kivy.graphics import (
    Color,
    InstructionGroup,
    Rectangle,
    SmoothLine,
    SmoothRoundedRectangle,
)

from kiosk_client.layout import LINE, Dots, Item, Picture, Rect, Sizes, Style, Words
from kiosk_client.screens.pictures import picture
from kiosk_client.screens.text import Setting, Text, set_key, set_text
from kiosk_client.screens.theme import Colour, Theme
from kiosk_client.view import Field, Look, Touch

_CORNER = 2.2  # mm
_EDGE = 0.35
_SINK = 0.6
_PADDING = 2.5
_PADDING_ABOVE = 0.9
_LARGEST_ICON = 14.0
_RING = 0.8  # mm; it and its gap stay inside the 3 mm between two touches
_RING_GAP = 0.8


def draw(group: InstructionGroup, rect: Rect, item: Item, theme: Theme, sizes: Sizes, *, pressed: bool = False) -> bool:
    """Add what the item looks like to the group. Whether all of its text fits."""
    match item:
        case Touch():
            return _touch(group, rect, item, theme, sizes, pressed)
        case Words():
            return _words(group, rect, item, theme, sizes)
        case Field():
            return _field(group, rect, item, theme, sizes)
        case Dots():
            _dots(group, rect, item, theme)
        case Picture():
            _picture(group, rect, item.icon, theme.act)
    return True


def ring(group: InstructionGroup, rect: Rect, theme: Theme, sizes: Sizes) -> None:
    """Around what has the focus of the keypad."""
    out = sizes.mm(_RING_GAP + _RING / 2)
    around = rect.inset(-out, -out)
    line = (around.x, around.y, around.width, around.height, sizes.mm(_CORNER + _RING_GAP))
    group.add(Color(*theme.focus))
    group.add(SmoothLine(rounded_rectangle=line, width=max(1.5, sizes.mm(_RING) / 2)))


def _touch(group: InstructionGroup, rect: Rect, touch: Touch, theme: Theme, sizes: Sizes, pressed: bool) -> bool:
    ground, ink, edge = _colours(touch, theme, pressed)
    if pressed:
        rect = Rect(rect.x, rect.y - sizes.mm(_SINK), rect.width, rect.height)
    elif touch.enabled:
        _box(group, Rect(rect.x, rect.y - sizes.mm(_SINK), rect.width, rect.height), edge, sizes)
    _box(group, rect, ground, sizes)
    _edge(group, rect, edge, sizes)
    inner = rect.inset(sizes.mm(_PADDING), sizes.mm(_PADDING_ABOVE))
    centered = touch.look in {Look.KEY, Look.QUIET} or (touch.look is Look.ACT and not touch.detail)
    if touch.look is Look.KEY:
        return _key(group, inner, touch, ink, sizes)
    return _label(group, inner, touch, ink, sizes, centered=centered)


def _colours(touch: Touch, theme: Theme, pressed: bool) -> tuple[Colour, Colour, Colour]:
    """Ground, ink and edge."""
    if not touch.enabled:
        return theme.ground, _faded(theme.soft), _faded(theme.line)
    if touch.look is Look.ACT or touch.marked:
        return (theme.act_pressed if pressed else theme.act), theme.on_act, theme.act_pressed
    if touch.look is Look.QUIET:
        return (theme.tile_pressed if pressed else theme.ground), theme.ink, theme.line
    return (theme.tile_pressed if pressed else theme.tile), theme.ink, theme.line


def _label(group: InstructionGroup, inner: Rect, touch: Touch, ink: Colour, sizes: Sizes, *, centered: bool) -> bool:
    """A picture and words beside it; in the middle of buttons, at the left of tiles."""
    icon = "check" if touch.marked else touch.icon  # a tick as well as a colour, where the eye already is
    side = min(sizes.mm(7.5 if centered else _LARGEST_ICON), inner.height * 0.9, inner.width * 0.18) if icon else 0
    between = sizes.mm(2) if icon else 0
    room = inner.width - side - between
    setting = Setting(sizes.body, sizes.smallest, bold=touch.look is Look.ACT or bool(touch.detail))
    line = sizes.smallest * LINE if touch.detail else 0
    height = inner.height - line
    text = set_text(touch.text, room, height, setting)
    x = inner.x
    if centered:
        x += (inner.width - side - between - _natural_width(touch.text, text, setting, room)) / 2
    if icon:
        _picture(group, Rect(x, inner.y + (inner.height - side) / 2, side, side), icon, ink)
        x += side + between
    _blit(group, text, Rect(x, inner.y, text.texture.width, height), ink)
    if not touch.detail:
        return text.fits
    detail = set_text(touch.detail, room, line, Setting(sizes.smallest, sizes.smallest))
    _blit(group, detail, Rect(x, inner.y + height, detail.texture.width, line), ink)
    return text.fits and detail.fits


def _natural_width(text: str, rendered: Text, setting: Setting, room: float) -> float:
    """How wide a text of one line is by itself; a broken one fills its room."""
    one = set_text(
        text, room, rendered.texture.height, Setting(setting.wanted, setting.smallest, setting.bold, one_line=True)
    )
    return min(room, float(one.texture.width)) if one.fits else room


def _key(group: InstructionGroup, inner: Rect, touch: Touch, ink: Colour, sizes: Sizes) -> bool:
    if touch.icon:
        side = min(inner.height, sizes.mm(9))
        _picture(
            group,
            Rect(inner.x + (inner.width - side) / 2, inner.y + (inner.height - side) / 2, side, side),
            touch.icon,
            ink,
        )
        return True
    box = Rect(inner.x - sizes.mm(1.5), inner.y, inner.width + sizes.mm(3), inner.height)
    setting = Setting(sizes.body * 1.1, sizes.smallest, bold=len(touch.text) == 1, align="center")
    text = set_key(touch.text, box.width, box.height, setting)
    _blit(group, text, box, ink)
    return text.fits


def _words(group: InstructionGroup, rect: Rect, words: Words, theme: Theme, sizes: Sizes) -> bool:
    bold = words.style in {Style.TITLE, Style.HUGE}
    text = set_text(words.text, rect.width, rect.height, Setting(words.size, sizes.smallest, bold, words.align))
    colour = {Style.SOFT: theme.soft, Style.WARNING: theme.warning, Style.HUGE: theme.act}.get(words.style, theme.ink)
    _blit(group, text, rect, colour)
    return text.fits


def _field(group: InstructionGroup, rect: Rect, field: Field, theme: Theme, sizes: Sizes) -> bool:
    _box(group, rect, theme.field, sizes)
    _edge(group, rect, theme.act if field.active else theme.line, sizes, 3 if field.active else 1)
    inner = rect.inset(sizes.mm(_PADDING), sizes.mm(_PADDING_ABOVE))
    colour = theme.ink
    if field.label:
        label = set_text(field.label, inner.width, inner.height, Setting(sizes.smallest, sizes.smallest, one_line=True))
        _blit(group, label, Rect(inner.x, inner.y, label.texture.width, inner.height), theme.soft)
        used = label.texture.width + sizes.mm(3)
        inner = Rect(inner.x + used, inner.y, inner.width - used, inner.height)
    if not field.text:
        text = set_text(field.hint, inner.width, inner.height, Setting(sizes.smallest, sizes.smallest))
        _blit(group, text, Rect(inner.x + sizes.mm(2), inner.y, text.texture.width, inner.height), theme.soft)
        _caret(group, inner, inner.x, theme, sizes, field.active)
        return text.fits
    setting = Setting(sizes.body, sizes.smallest, one_line=True)
    texture = set_text(field.text, inner.width, inner.height, setting).texture
    over = max(0, texture.width - int(inner.width) + int(sizes.mm(1)))
    if over:  # the end of a long name is where one types
        texture = texture.get_region(over, 0, texture.width - over, texture.height)
    _blit(group, Text(texture, fits=True), Rect(inner.x, inner.y, texture.width, inner.height), colour)
    _caret(group, inner, inner.x + texture.width, theme, sizes, field.active)
    return True


def _caret(group: InstructionGroup, inner: Rect, x: float, theme: Theme, sizes: Sizes, active: bool) -> None:
    if active:
        group.add(Color(*theme.act))
        height = sizes.body
        group.add(Rectangle(pos=(x + 2, inner.y + (inner.height - height) / 2), size=(sizes.mm(0.5), height)))


def _dots(group: InstructionGroup, rect: Rect, dots: Dots, theme: Theme) -> None:
    side = rect.height
    for step in range(dots.steps):
        group.add(Color(*(theme.act if step <= dots.behind else theme.line)))
        long = side * 3 if step == dots.behind else side
        x = rect.x + step * side * 2.4 + (side * 2 if step > dots.behind else 0)
        if step <= dots.behind:
            group.add(SmoothRoundedRectangle(pos=(x, rect.y), size=(long, side), radius=[side / 2]))
        else:
            group.add(SmoothLine(circle=(x + side / 2, rect.y + side / 2, side / 2 - 1), width=1))


def _picture(group: InstructionGroup, rect: Rect, name: str, colour: Colour) -> None:
    group.add(Color(*colour))
    group.add(Rectangle(texture=picture(name, round(rect.width)), pos=(rect.x, rect.y), size=(rect.width, rect.height)))


def _blit(group: InstructionGroup, text: Text, rect: Rect, colour: Colour) -> None:
    """In the middle of the box's height; the texture is as wide as its text was allowed to be."""
    texture = text.texture
    x = rect.x + (rect.width - texture.width) / 2
    y = rect.y + (rect.height - texture.height) / 2
    group.add(Color(*colour))
    group.add(Rectangle(texture=texture, pos=(round(x), round(y)), size=texture.size))


def _box(group: InstructionGroup, rect: Rect, colour: Colour, sizes: Sizes) -> None:
    group.add(Color(*colour))
    group.add(SmoothRoundedRectangle(pos=(rect.x, rect.y), size=(rect.width, rect.height), radius=[sizes.mm(_CORNER)]))


def _edge(group: InstructionGroup, rect: Rect, colour: Colour, sizes: Sizes, times: float = 1) -> None:
    width = max(1.0, sizes.mm(_EDGE) * times / 2)
    group.add(Color(*colour))
    group.add(SmoothLine(rounded_rectangle=(rect.x, rect.y, rect.width, rect.height, sizes.mm(_CORNER)), width=width))


def _faded(colour: Colour) -> Colour:
    return (*colour[:3], 0.35)
