"""People of the reading room, and what their roles let them do."""

from __future__ import annotations

from dataclasses import dataclass

from cxrforge.tables import roles


@dataclass(frozen=True, slots=True)
class Person:
    """Who reads, decides or looks; `id` is a pseudonym and stands wherever something outlives the session.

    `sites` limits what is seen to some sites; empty means every site.
    """

    id: str
    name: str
    role: str
    sites: tuple[str, ...] = ()
    qualification: str = ""
    disabled: bool = False

    def may(self, action: str) -> bool:
        """Say whether the person's role allows an action of `tables/roles.toml`."""
        return not self.disabled and action in roles.load()[self.role].actions

    def sees(self, site: str) -> bool:
        """Say whether the person may see items of a site."""
        return not self.sites or site in self.sites

    def __repr__(self) -> str:
        return f"Person({self.id}, {self.role})"
