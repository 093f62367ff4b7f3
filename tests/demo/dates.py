"""Dates of the demo and the tests, on the newsletter's calendar."""

import datetime
import zoneinfo

ZONE = zoneinfo.ZoneInfo("Europe/Amsterdam")


def today():
    return datetime.datetime.now(ZONE).date()


def first_date():
    """A Thursday that leaves time before the copy deadline."""
    day = today() + datetime.timedelta(days=14)
    return day + datetime.timedelta(days=(3 - day.weekday()) % 7)
