"""What of a session is on the screen: its own view or the help about it, and of that the page that fits."""

from collections.abc import Callable

from kiosk_client.glass import Glass
from kiosk_client.help import help_view
from kiosk_client.pages import as_shown, page_of
from kiosk_client.session import Session
from kiosk_client.view import View
from kiosk_client.views import Manner


class Shown:
    """`helping`: help is in the place of the session's own view. `glass`: as for the Guide."""

    def __init__(self, session: Session, glass: Callable[[], Glass | None]) -> None:
        self._session = session
        self._glass = glass
        self._paged: tuple[object, tuple[View, Manner]] | None = None
        self.helping = False

    @property
    def view(self) -> View:
        return self._page()[0]

    @property
    def manner(self) -> Manner:
        return self._page()[1]

    def _page(self) -> tuple[View, Manner]:
        """Worked out once for as long as nothing changes."""
        whole, manner = self._help() if self.helping else self._session.view, self._session.manner
        glass = self._glass()
        if glass is None:
            return whole, manner
        asked = whole, glass, manner
        if self._paged is None or self._paged[0] != asked:
            page = page_of(whole, glass, manner, self._session.reader.ui)
            self._paged = asked, (page, as_shown(page, glass, manner))
        return self._paged[1]

    def _help(self) -> View:
        session = self._session
        hidden, mirrored = session.manner.hidden, session.view.mirrored
        return help_view(session.reader.ui, hidden=hidden, may_talk=session.begun, mirrored=mirrored)
