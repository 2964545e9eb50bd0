"""How each kind of thing looks. Positions count from the bottom left here, as in OpenGL."""

from dataclasses import dataclass, field, replace

from kivy.graphics import (
    Color,
    InstructionGroup,
    Rectangle,
    SmoothLine,
    SmoothRoundedRectangle,
)

from kiosk_client.geometry import Align, Dots, Picture, Placed, Rect, Style, Words, picture_side, upright
from kiosk_client.lettering import line_height
from kiosk_client.screens.boxes import Box
from kiosk_client.screens.pictures import picture
from kiosk_client.screens.text import Setting, Text, Typesetter
from kiosk_client.screens.theme import Colour, Palette
from kiosk_client.sizes import BESIDE, PADDING, PADDING_ABOVE, Sizes
from kiosk_client.view import Action, Field, Look, Touch

_CORNER = 2.2  # mm
_EDGE = 0.35
_SINK = 0.6
_CARET = 0.5
_KEY_LINE = 1.8  # a line of the tallest letters; a key that is as high as a finger holds no larger ones
_RING = 0.8  # mm; it and its gap stay inside the 3 mm between two touches
_RING_GAP = 0.8


@dataclass(frozen=True)
class Pen:
    """What a screen is drawn with. `mirrored`: for a language that is read from right to left."""

    palette: Palette
    sizes: Sizes
    mirrored: bool
    typesetter: Typesetter = field(compare=False)

    def draw(self, group: InstructionGroup, placed: Placed, *, pressed: bool = False) -> bool:
        """Add what the item looks like to the group. Whether all of its text fits."""
        rect, item = placed.rect, placed.item
        match item:
            case Touch():
                return self._touch(group, rect, item, placed.letters or self.sizes.body, pressed)
            case Words():
                return self._words(group, rect, item)
            case Field():
                return self._field(group, rect, item)
            case Dots():
                self._dots(group, rect, item)
            case Picture():
                self._picture(group, rect, item.icon, self.palette.picture)
        return True

    def ring(self, group: InstructionGroup, rect: Rect) -> None:
        """Around what has the focus of the keypad."""
        mm = self.sizes.mm
        around = rect.inset(-mm(_RING_GAP + _RING / 2), -mm(_RING_GAP + _RING / 2))
        line = (around.x, around.y, around.width, around.height, mm(_CORNER + _RING_GAP))
        group.add(Color(*self.palette.focus))
        group.add(SmoothLine(rounded_rectangle=line, width=max(1.5, mm(_RING) / 2)))

    def _touch(self, group: InstructionGroup, rect: Rect, touch: Touch, letters: float, pressed: bool) -> bool:
        mm = self.sizes.mm
        ground, ink, tint, edge = colours(touch, self.palette, pressed=pressed)
        sunk = round(mm(_SINK))
        if pressed:
            rect = Rect(rect.x, rect.y - sunk, rect.width, rect.height)
        times = 3 if touch.look is Look.GRAVE else 1
        self._box(group, rect, ground, edge, times, shadow=sunk if touch.enabled and not pressed else 0)
        if touch.look is Look.KEY and not touch.icon:
            return self._key(group, rect, touch, ink)
        if touch.icon and (touch.look is Look.KEY or touch.bare):
            self._picture_alone(group, rect, touch.icon, ink)
            return True
        if upright(rect, touch, self.sizes):
            return self._picture_above(group, rect, touch, letters, ink, tint)
        return self._picture_beside(group, rect, touch, letters, ink, tint)

    def _picture_above(
        self, group: InstructionGroup, rect: Rect, touch: Touch, letters: float, ink: Colour, tint: Colour
    ) -> bool:
        mm = self.sizes.mm
        inner = rect.inset(mm(PADDING), mm(PADDING_ABOVE))
        side = picture_side(rect, touch, self.sizes)
        room = inner.height - side - mm(BESIDE) - mm(PADDING_ABOVE)
        setting = Setting(letters, self.sizes.smallest, align="center")
        text = self._set(touch, inner.width, room, setting)
        spare = (room - text.texture.height) / 2
        top = inner.y + inner.height - spare
        where = Rect(inner.x + (inner.width - side) / 2, top - side, side, side)
        self._picture(group, where, "check" if touch.marked else touch.icon or "", tint)
        self._blit(group, text, Rect(inner.x, inner.y + spare, inner.width, text.texture.height), ink, "center")
        return text.fits

    def _picture_beside(
        self, group: InstructionGroup, rect: Rect, touch: Touch, letters: float, ink: Colour, tint: Colour
    ) -> bool:
        """In the middle of buttons; at the side where one begins to read on tiles."""
        mm, sizes = self.sizes.mm, self.sizes
        inner = rect.inset(mm(PADDING), mm(PADDING_ABOVE))
        centred = touch.look in {Look.QUIET, Look.ACT}
        icon = "check" if touch.marked else touch.icon  # a tick as well as a colour, where the eye already is
        side = picture_side(rect, touch, sizes)
        between = mm(BESIDE) if icon else 0
        room = inner.width - side - between
        align: Align = "center" if centred and not icon else "right" if self.mirrored else "left"
        bold = touch.look is Look.ACT or bool(touch.detail)
        wanted = sizes.title if touch.detail and centred else letters
        detail = None
        above = 0.0
        if touch.detail:
            above = min(line_height(touch.detail, sizes.smallest), inner.height / 2)
            small = Setting(sizes.smallest, sizes.smallest, align=align, one_line=True)
            detail = self.typesetter.set_text(touch.detail, room, above * 1.1, small)
        text = self._set(touch, room, inner.height - above, Setting(wanted, sizes.smallest, bold, align))
        wide = min(room, max(text.natural, detail.natural if detail else 0))
        x = inner.x + (inner.width - side - between - wide) / 2 if centred else inner.x
        if self.mirrored and not centred:
            x = inner.right - side - between - wide
        last = touch.onward != self.mirrored
        if icon:
            picture_x = x + wide + between if last else x
            self._picture(group, Rect(picture_x, inner.y + (inner.height - side) / 2, side, side), icon, tint)
        words = Rect(x if last or not icon else x + side + between, inner.y, wide, inner.height)
        if detail is None:
            self._blit(group, text, words, ink, align)
            return text.fits
        both = text.texture.height + detail.texture.height
        y = inner.y + (inner.height - both) / 2
        self._blit(group, text, Rect(words.x, y, wide, text.texture.height), ink, align)
        y += text.texture.height
        self._blit(group, detail, Rect(words.x, y, wide, detail.texture.height), ink, align)
        return text.fits and detail.fits

    def _set(self, touch: Touch, width: float, height: float, setting: Setting) -> Text:
        """The form's own words are remembered; what somebody typed or chose, which the review shows, never is, nor the
        word that is offered as a name."""
        is_answer = touch.typed or bool(touch.detail) or touch.tap.action is Action.TAKE_WORD
        set_text = self.typesetter.set_text if is_answer else self.typesetter.set_again
        return set_text(touch.text, width, height, setting)

    def _key(self, group: InstructionGroup, rect: Rect, touch: Touch, ink: Colour) -> bool:
        box = rect.inset(self.sizes.mm(1), 0)
        letter = touch.tap.action is Action.TYPE and not touch.tap.value.isspace()
        smallest = min(self.sizes.smallest, box.height / _KEY_LINE)
        setting = Setting(self.sizes.body * (1.1 if letter else 1), smallest, bold=letter, align="center")
        text = self.typesetter.set_again(touch.text, box.width, box.height, setting)
        self._blit(group, text, box, ink, "center")
        return text.fits

    def _picture_alone(self, group: InstructionGroup, rect: Rect, icon: str, ink: Colour) -> None:
        mm = self.sizes.mm
        side = min(rect.height - mm(2 * PADDING_ABOVE), mm(9))
        where = Rect(rect.x + (rect.width - side) / 2, rect.y + (rect.height - side) / 2, side, side)
        self._picture(group, where, icon, ink)

    def _words(self, group: InstructionGroup, rect: Rect, words: Words) -> bool:
        bold = words.style in {Style.TITLE, Style.HUGE}
        setting = Setting(words.size, self.sizes.smallest, bold, words.align)
        set_text = self.typesetter.set_text if words.style is Style.HUGE else self.typesetter.set_again
        text = set_text(words.text, rect.width, rect.height, setting)
        self._blit(group, text, rect, ink_of(words, self.palette), words.align)
        return text.fits

    def _field(self, group: InstructionGroup, rect: Rect, typed: Field) -> bool:
        mm, sizes, palette = self.sizes.mm, self.sizes, self.palette
        self._box(group, rect, palette.field, palette.act if typed.active else palette.line, 3 if typed.active else 1)
        inner = rect.inset(mm(PADDING), mm(PADDING_ABOVE))
        align: Align = "right" if self.mirrored else "left"
        one_line = Setting(sizes.smallest, sizes.smallest, align=align, one_line=True)
        if typed.label:
            label = self.typesetter.set_text(typed.label, inner.width, inner.height, one_line)
            self._blit(group, label, inner, palette.soft, align)
            used = label.natural + mm(3)
            inner = Rect(inner.x + (0 if self.mirrored else used), inner.y, inner.width - used, inner.height)
        if not typed.text:
            room = inner.inset(mm(2), 0)
            hint = self.typesetter.set_text(typed.hint, room.width, room.height, one_line)
            self._blit(group, hint, room, palette.soft, align)
            self._caret(group, inner, inner.right if self.mirrored else inner.x, typed.active)
            return hint.fits
        setting = Setting(sizes.body, sizes.smallest, align=align, one_line=True)
        text = self.typesetter.set_text(typed.text, inner.width - mm(_CARET * 2), inner.height, setting)
        taken = self._blit_end(group, text, inner)
        self._caret(group, inner, inner.right - taken if self.mirrored else inner.x + taken, typed.active)
        return True

    def _blit_end(self, group: InstructionGroup, text: Text, inner: Rect) -> float:
        """A typed line; of one that is too long its end, which is where one types. The width it takes."""
        texture, room = text.texture, inner.width - self.sizes.mm(_CARET * 2)
        over = max(0, texture.width - int(room))
        if over:
            texture = texture.get_region(0 if self.mirrored else over, 0, texture.width - over, texture.height)
        shown = replace(text, texture=texture, natural=texture.width)
        self._blit(group, shown, inner, self.palette.ink, "right" if self.mirrored else "left")
        return float(texture.width)

    def _caret(self, group: InstructionGroup, inner: Rect, x: float, active: bool) -> None:
        if active:
            height = self.sizes.body
            at = x - self.sizes.mm(_CARET) - 2 if self.mirrored else x + 2
            group.add(Color(*self.palette.act))
            where = (at, inner.y + (inner.height - height) / 2)
            group.add(Rectangle(pos=where, size=(self.sizes.mm(_CARET), height)))

    def _dots(self, group: InstructionGroup, rect: Rect, dots: Dots) -> None:
        side = rect.height
        for step, (start, long) in enumerate(dots.spans(side)):
            group.add(Color(*(self.palette.act if step <= dots.behind else self.palette.line)))
            x = rect.right - start - long if self.mirrored else rect.x + start
            if step <= dots.behind:
                group.add(SmoothRoundedRectangle(pos=(x, rect.y), size=(long, side), radius=[side / 2]))
            else:
                group.add(SmoothLine(circle=(x + side / 2, rect.y + side / 2, side / 2 - 1), width=1))

    def _picture(self, group: InstructionGroup, rect: Rect, name: str, colour: Colour) -> None:
        group.add(Color(*colour))
        texture = picture(name, round(rect.width), self.mirrored)
        group.add(Rectangle(texture=texture, pos=(rect.x, rect.y), size=(rect.width, rect.height)))

    def _blit(self, group: InstructionGroup, text: Text, rect: Rect, colour: Colour, align: Align) -> None:
        """In the middle of the box's height; lines stand in the texture as they are aligned."""
        texture = text.texture
        spare = rect.width - texture.width
        x = rect.x + {"left": 0.0, "center": spare / 2, "right": spare}[align]
        y = rect.y + (rect.height - texture.height) / 2
        group.add(Color(*colour))
        group.add(Rectangle(texture=texture, pos=(round(x), round(y)), size=texture.size))

    def _box(
        self, group: InstructionGroup, rect: Rect, ground: Colour, edge: Colour, times: float = 1, *, shadow: int = 0
    ) -> None:
        """`times`: how much wider than usual its edge is."""
        line = max(1.0, self.sizes.mm(_EDGE) * times / 2)
        group.add(Color(1, 1, 1, 1))
        group.add(Box(ground, edge, round(self.sizes.mm(_CORNER)), line, shadow).on(rect))


def colours(touch: Touch, palette: Palette, *, pressed: bool = False) -> tuple[Colour, Colour, Colour, Colour]:
    """Of its ground, its words, its picture and its edge."""
    if not touch.enabled:
        return palette.ground, palette.off, palette.off, palette.line
    if touch.look is Look.ACT or touch.marked:
        return palette.act_pressed if pressed else palette.act, palette.on_act, palette.on_act, palette.act_edge
    if touch.look is Look.GRAVE:
        ground = palette.tile_pressed if pressed else palette.ground
        return ground, palette.warning, palette.warning, palette.warning
    if touch.look is Look.QUIET:
        return palette.tile_pressed if pressed else palette.ground, palette.ink, palette.picture, palette.line
    return palette.tile_pressed if pressed else palette.tile, palette.ink, palette.picture, palette.line


def ink_of(words: Words, palette: Palette) -> Colour:
    styles = {Style.SOFT: palette.soft, Style.WARNING: palette.warning, Style.HUGE: palette.picture}
    return styles.get(words.style, palette.ink)
