"""The one door to e-mail, SMS and chat: apprise. An address is one of its URLs, an e-mail address, or a phone (tel:).

An e-mail address goes through the center's own mail server (`mail_url`), a phone through its SMS service (`sms_url`).
Only services that are listed here can be written to, and none inside the own network: an address may be set by any
staff member.
"""

import asyncio
import ipaddress
import logging
import re
import socket
import threading
from urllib.parse import quote, urlsplit

import phonenumbers
from apprise import Apprise, AppriseAsset
from apprise.plugins import NotifyBase

from notifications.failures import Rejected, TryLater
from notifications.tables import ChannelKind

_SERVICES = {
    ChannelKind.EMAIL: frozenset({"mailto", "mailtos", "sendgrid", "mailgun", "ses", "smtp2go"}),
    ChannelKind.SMS: frozenset(
        {"twilio", "vonage", "clicksend", "sinch", "plivo", "bulksms", "voipms", "46elks", "sns", "whatsapp"}
    ),
    ChannelKind.CHAT: frozenset(
        {"slack", "workflow", "discord", "tgram", "gchat", "webex", "zulip", "threema", "pover"}
        | {"matrix", "matrixs", "mmost", "mmosts", "rocket", "rockets", "ntfy", "ntfys", "gotify", "gotifys"}
        | {"signal", "signals", "json", "jsons"}
    ),
}
_NAMES_ITS_HOST = frozenset(
    {"mailto", "mailtos", "matrix", "matrixs", "mmost", "mmosts", "rocket", "rockets", "ntfy", "ntfys", "gotify"}
    | {"gotifys", "signal", "signals", "json", "jsons", "workflow"}
)
"""Services whose URL says which machine is written to; the others' machines are known."""

_AT_ONCE = 16  # threads
_CONNECT, _READ = 5.0, 5.0  # seconds
_TOTAL = 15.0  # seconds; whatever drips on longer is left to its thread and tried again
_LONGEST = 500
_TEL = "tel:"
_PHONE = re.compile(r"tel:\+[0-9]{7,15}")  # ITU-T E.164
_EMAIL = re.compile(r"[^@\s:/?#]{1,64}@[^@\s:/?#]{1,255}")


_NO_PHONE = "That does not look like a phone number. Type all of it, with the area code."


class BadAddress(Exception):
    """Not an address that alerts can go to. Says what to do, never what was entered."""


def phone_address(typed: str, country: str) -> str:
    """The address of a phone, from its number as people write it. `country`: where one without its country is from.

    Raises BadAddress.
    """
    try:
        number = phonenumbers.parse(typed, country)
    except phonenumbers.NumberParseException:
        raise BadAddress(_NO_PHONE) from None
    if phonenumbers.is_possible_number_with_reason(number) != phonenumbers.ValidationResult.IS_POSSIBLE:
        raise BadAddress(_NO_PHONE)
    return _TEL + phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


class OtherChannels:
    """Sends texts. `sms_url`: with {phone} where the number goes. `allow_private`: also into the own network."""

    def __init__(self, mail_url: str = "", sms_url: str = "", *, allow_private: bool = False) -> None:
        self._mail_url = mail_url
        self._sms_url = sms_url
        self._allow_private = allow_private
        self._threads = threading.Semaphore(_AT_ONCE)
        self._asset = AppriseAsset(app_id="Warm Handoff", http_redirects=False, secure_logging=True, async_mode=False)
        logging.getLogger("apprise").disabled = True  # its lines hold addresses and what servers answered

    def kind_of(self, address: str) -> ChannelKind:
        """What kind of channel an address is. Raises BadAddress."""
        if is_email(address) and not self._mail_url:
            raise BadAddress("E-mail is not set up here yet. An administrator sets WARM_HANDOFF_MAIL_URL.")
        if _is_phone(address) and not self._sms_url:
            raise BadAddress("Text messages are not set up here yet. An administrator sets WARM_HANDOFF_SMS_URL.")
        if len(address) > _LONGEST:
            raise BadAddress(f"An address has at most {_LONGEST} characters.")
        url = self._url(address)
        kind = next((kind for kind, services in _SERVICES.items() if _scheme(url) in services), None)
        if kind is not None and _is_phone(address):
            kind = ChannelKind.SMS  # whatever carries it there
        if kind is None:
            raise BadAddress("Enter an e-mail address, or the apprise URL of an e-mail, SMS or chat service we know.")
        if self._plugin(url) is None:
            raise BadAddress("The address is not complete. The apprise documentation says what its service needs.")
        return kind

    def origin_of(self, address: str) -> str:
        """What addresses share that lead to the same server."""
        try:
            parts = urlsplit(self._url(address))
        except ValueError:
            return ""
        return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"

    async def send(self, address: str, title: str, text: str) -> None:
        """Hand one text over; returning means that it was accepted, not that it was seen. Raises SendError."""
        if not self._threads.acquire(blocking=False):
            raise TryLater("too much is being sent at once")
        done = asyncio.get_running_loop().create_future()
        threading.Thread(target=self._notify, args=(address, title, text, done), daemon=True).start()
        try:
            failure = await asyncio.wait_for(done, _TOTAL)
        except TimeoutError:
            raise TryLater("the other side did not answer in time") from None
        if failure is not None:
            raise failure

    def _notify(
        self,
        address: str,
        title: str,
        text: str,
        done: "asyncio.Future[Rejected | TryLater | None]",
    ) -> None:
        """In a thread of its own: apprise blocks, and takes a second to load all that it knows."""
        is_ours = is_email(address) or _is_phone(address)
        is_trusted = self._allow_private or is_ours or _scheme(address) not in _NAMES_ITS_HOST
        failure: Rejected | TryLater | None = None
        try:
            plugin = self._plugin(self._url(address))
            if plugin is None:
                failure = Rejected("the address is not usable", suspect=True)
            elif not is_trusted and not _is_public(plugin):
                failure = Rejected("the address is inside the own network", suspect=True)
            elif not plugin.notify(body=text, title=title):
                failure = TryLater("the other side did not take it")
        except TryLater as later:
            failure = later
        except Exception as error:  # many services' libraries' errors come through; none may carry an address on
            failure = TryLater(f"the other side did not take it ({type(error).__name__})")
        finally:
            self._threads.release()
        try:
            done.get_loop().call_soon_threadsafe(_give, done, failure)
        except RuntimeError:  # the loop has closed meanwhile: the lease runs out
            return

    def _url(self, address: str) -> str:
        if _is_phone(address):
            return self._sms_url.replace("{phone}", quote(address.removeprefix(_TEL)))
        if not is_email(address):
            return address
        joint = "&" if "?" in self._mail_url else "?"
        return f"{self._mail_url}{joint}to={quote(address)}"

    def _plugin(self, url: str) -> NotifyBase | None:
        if _scheme(url) not in frozenset().union(*_SERVICES.values()):
            return None
        plugin = Apprise.instantiate(url, asset=self._asset, suppress_exceptions=True)
        if not isinstance(plugin, NotifyBase):
            return None
        plugin.redirects = False  # whatever the URL says: it could lead into the own network
        plugin.socket_connect_timeout, plugin.socket_read_timeout = _CONNECT, _READ
        return plugin


def _give(done: "asyncio.Future[Rejected | TryLater | None]", failure: Rejected | TryLater | None) -> None:
    if not done.done():
        done.set_result(failure)


def is_email(address: str) -> bool:
    """Whether it goes through the center's own mail server."""
    return _EMAIL.fullmatch(address) is not None


def _is_phone(address: str) -> bool:
    return _PHONE.fullmatch(address) is not None


def _scheme(url: str) -> str:
    return url.partition("://")[0].lower()


def _is_public(plugin: NotifyBase) -> bool:
    """Whether the host that the address names is outside of our network.

    A name may lead elsewhere a moment later, when apprise asks for it again: an operator who must rule that out lets
    the worker out through a firewall only.
    """
    if getattr(plugin, "mode", "") == "cloud":  # ntfy without a host of one's own
        return True
    host = str(getattr(plugin, "smtp_host", None) or plugin.host or "").strip("[]")
    try:
        found = socket.getaddrinfo(host, None)
    except OSError:
        raise TryLater("the other side's name leads nowhere") from None
    return all(ipaddress.ip_address(str(each[4][0]).partition("%")[0]).is_global for each in found)
