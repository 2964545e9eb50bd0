"""What the command line can do to sites, staff and kiosks. Each command is one transaction and says what it did."""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

from pydantic import ValidationError
from sqlalchemy.orm import Session

from intake_service import audit, invitations, kiosks, sign_in_rules, sites, staff
from intake_service.audit import Act
from intake_service.errors import InvalidRequest
from intake_service.invitations import NewLink
from intake_service.keys import Keys
from intake_service.sign_in_rules import LONGEST_IDLE, SHORTEST_IDLE, SecondFactorFor, SignInRules
from intake_service.tables import Kiosk, Role
from notifications import roster


@dataclass(frozen=True)
class Said:
    """`value` goes to standard output, bare, so that scripts can take it; `note` is for the person reading."""

    value: str = ""
    note: str = ""


@dataclass(frozen=True)
class Call:
    """What a command works with."""

    session: Session
    keys: Keys
    keys_dir: Path
    public_url: str
    arguments: argparse.Namespace
    now: datetime


def describe(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the commands to a parser; each one's function is its `command`."""
    groups = {
        name: commands.add_parser(name, help=text).add_subparsers(required=True, metavar="ACTION")
        for name, text in {
            "sites": "drop-in centers",
            "staff": "people who sign in to the console",
            "kiosks": "devices that walk-ins touch",
        }.items()
    }
    parser = groups["sites"].add_parser("add", help="a new site")
    parser.add_argument("name")
    parser.add_argument("--languages", default="", help="what its kiosks offer, in order, such as en,es (default: all)")
    parser.set_defaults(command=_add_site)
    groups["sites"].add_parser("list", help="every site").set_defaults(command=_list_sites)

    parser = groups["staff"].add_parser("invite", help="somebody new; prints a link by which they choose a password")
    _describe_person(parser)
    parser.set_defaults(command=_invite)
    parser = groups["staff"].add_parser("add", help="for scripts: somebody new with a password from standard input")
    _describe_person(parser)
    parser.add_argument("--password-stdin", action="store_true", required=True)
    parser.set_defaults(command=_add_staff)
    parser = groups["staff"].add_parser("reset", help="sign somebody out everywhere; prints a link for a new password")
    parser.add_argument("username")
    parser.add_argument("--clear-second-factor", action="store_true", help="their app, passkeys and recovery codes too")
    parser.set_defaults(command=_reset)
    parser = groups["staff"].add_parser("rules", help="what is asked of everybody who signs in")
    parser.add_argument("--second-factor", choices=[each.value for each in SecondFactorFor], help="who needs one")
    parser.add_argument("--idle-minutes", type=int, help="until an unused browser is signed out")
    parser.set_defaults(command=_rules)
    groups["staff"].add_parser("list", help="everybody").set_defaults(command=_list_staff)
    parser = groups["staff"].add_parser("designate", help="tell somebody of a site's finished intakes")
    parser.add_argument("username")
    parser.add_argument("--site", required=True, metavar="NAME")
    parser.add_argument("--off", action="store_true", help="no longer")
    parser.set_defaults(command=_designate)

    parser = groups["kiosks"].add_parser("add", help="a new kiosk; prints its pairing code")
    parser.add_argument("--site", required=True, metavar="NAME")
    parser.add_argument("--name", default="Kiosk", help="where it stands")
    parser.set_defaults(command=_add_kiosk)
    groups["kiosks"].add_parser("list", help="every kiosk and when it was last heard from").set_defaults(
        command=_list_kiosks
    )
    parser = groups["kiosks"].add_parser("revoke", help="lock a lost kiosk out")
    parser.add_argument("id", type=UUID)
    parser.set_defaults(command=_revoke_kiosk)


def _add_site(call: Call) -> Said:
    site = sites.add(call.session, call.arguments.name, _tags(call.arguments.languages))
    audit.record(call.session, Act.SITE_ADDED, call.now, to=site, after=sites.state(site))
    return Said(note=f"Added the site {site.name} with {', '.join(site.languages)}.")


def _list_sites(call: Call) -> Said:
    return Said("\n".join(f"{site.name}\t{','.join(site.languages)}" for site in sites.every(call.session)))


def _describe_person(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("username", help="such as an e-mail address")
    parser.add_argument("--name", required=True, help="what colleagues call them")
    parser.add_argument("--role", required=True, choices=[role.value for role in Role])
    parser.add_argument("--site", action="append", default=[], metavar="NAME", help="may be given several times")
    parser.add_argument("--languages", default="en", help="what they speak, such as en,es")


def _invite(call: Call) -> Said:
    arguments = call.arguments
    link = invitations.invite(
        call.session,
        arguments.username,
        arguments.name,
        Role(arguments.role),
        [sites.named(call.session, name) for name in arguments.site],
        _tags(arguments.languages),
        call.now,
    )
    return Said(link.address(call.public_url), f"Invited {link.staff.name}, {link.staff.role}. {_hand_over(link)}")


def _reset(call: Call) -> Said:
    member = staff.named(call.session, call.arguments.username)
    clear = call.arguments.clear_second_factor
    link = invitations.reset(call.session, member.id, call.now, clear_second_factor=clear)
    return Said(link.address(call.public_url), f"{member.name} is signed out everywhere. {_hand_over(link)}")


def _hand_over(link: NewLink) -> str:
    until = link.expires_at.astimezone()
    return f"Hand this link over; it works once, until {until:%d %B, %H:%M}, and is shown now and never again:"


def _rules(call: Call) -> Said:
    asked = {"second_factor": call.arguments.second_factor, "idle_minutes": call.arguments.idle_minutes}
    changes = {name: value for name, value in asked.items() if value is not None}
    before = sign_in_rules.current(call.session)
    try:
        rules = SignInRules.model_validate(before.model_dump() | changes)
    except ValidationError:
        raise InvalidRequest(f"Minutes go from {SHORTEST_IDLE} to {LONGEST_IDLE}.") from None
    if changes:
        sign_in_rules.put(call.session, rules)
        sign_in_rules.was_changed(call.session, before, rules, None, call.now)
    return Said(
        note=f"A second factor is for {rules.second_factor}; signed out after {rules.idle_minutes} idle minutes."
    )


def _add_staff(call: Call) -> Said:
    arguments = call.arguments
    member = staff.add(
        call.session,
        arguments.username,
        arguments.name,
        Role(arguments.role),
        [sites.named(call.session, name) for name in arguments.site],
        sys.stdin.readline().rstrip("\n"),
        _tags(arguments.languages),
    )
    audit.record(call.session, Act.STAFF_ADDED, call.now, to=member, after=staff.state(member))
    return Said(note=f"Added {member.name}, {member.role}.")


def _list_staff(call: Call) -> Said:
    return Said(
        "\n".join(
            f"{each.username}\t{each.name}\t{each.role}\t{','.join(site.name for site in each.sites)}"
            for each in staff.every(call.session)
        )
    )


def _designate(call: Call) -> Said:
    site, member = sites.named(call.session, call.arguments.site), staff.named(call.session, call.arguments.username)
    before = roster.is_designated(call.session, site.id, member.id)
    roster.designate(call.session, site.id, member.id, not call.arguments.off)
    audit.record(
        call.session,
        Act.ROSTER_CHANGED,
        call.now,
        to=member,
        site_id=site.id,
        before={"designated": before},
        after={"designated": not call.arguments.off},
    )
    return Said(note=f"{member.name} is {'no longer ' if call.arguments.off else ''}designated at {site.name}.")


def _add_kiosk(call: Call) -> Said:
    site = sites.named(call.session, call.arguments.site)
    kiosk, code = kiosks.add(call.session, site, call.arguments.name, call.keys, call.now)
    until = (call.now + kiosks.PAIRING_VALID).astimezone()
    return Said(code, f"{kiosk.name} at {site.name}: type this code on it. It works once, until {until:%d %B, %H:%M}.")


def _list_kiosks(call: Call) -> Said:
    return Said("\n".join(_line(kiosk) for kiosk in kiosks.every(call.session)))


def _line(kiosk: Kiosk) -> str:
    state = "revoked" if kiosk.revoked_at else "enrolled" if kiosk.enrolled_at else "waits for its code"
    heard = f"{kiosk.last_seen_at:%Y-%m-%d %H:%M}Z" if kiosk.last_seen_at else "never heard from"
    return f"{kiosk.id}\t{kiosk.site.name}\t{kiosk.name}\t{state}\t{heard}\t{kiosk.held} held\t{kiosk.refused} refused"


def _revoke_kiosk(call: Call) -> Said:
    kiosks.revoke(call.session, call.arguments.id, call.now)
    return Said(note="Revoked. It opens nothing from now on; what is sealed on it stays sealed.")


def _tags(listed: str) -> Sequence[str]:
    return [tag.strip() for tag in listed.split(",") if tag.strip()]
