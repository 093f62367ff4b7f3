"""Dates of the demo."""

import datetime


def first_date():
    """A Thursday that leaves time before the copy deadline."""
    day = datetime.date.today() + datetime.timedelta(days=14)
    return day + datetime.timedelta(days=(3 - day.weekday()) % 7)
