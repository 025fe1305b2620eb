"""Who may look at an image: whoever reads it, and whoever decides on what waits at its site."""

from __future__ import annotations

from cxrforge.audit.people import Person
from cxrforge.catalogue.readable_images import showings, site_of_image
from cxrforge.reading_room.desk import Desk
from cxrforge.reading_room.draws import READ_ACTION

_WITHOUT_IMAGES = "reports-phi"


def may_look(desk: Desk, person: Person, image: str) -> bool:
    """Say whether a person may look at an image or a canary; not so at one that is not held here."""
    with desk.catalogue.read() as connection:
        rows, site = showings(connection, image), site_of_image(connection, image)
    if site is not None and person.may("see-queues") and site in _decided_sites(person, site):
        return True
    return any(
        row.kind != _WITHOUT_IMAGES
        and person.may(READ_ACTION[row.kind])
        and (row.person == person.id or (row.person is None and person.sees(row.site)))
        for row in rows
    )


def _decided_sites(person: Person, site: str) -> tuple[str, ...]:
    """Return the person's sites; a site manager without any has none, everyone else all of them."""
    return person.sites if person.sites or person.role == "site-manager" else (site,)
