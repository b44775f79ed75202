"""What time alone makes of an alarm is seen in a page that is open."""

import pytest
from playwright.sync_api import Page, expect

from tests.console.centre import Centre, alarm, log_in

pytestmark = pytest.mark.system
DAY_S = 86_400


def test_an_alarm_that_begins_to_stand_is_marked_without_a_reload(page: Page, centre: Centre) -> None:
    log_in(page, centre, "boris")
    centre.send(alarm("t_supply", age_s=DAY_S - 3))
    expect(page.locator("table, .alarms").get_by_text("стоит более суток").first).to_be_visible(
        timeout=15_000
    )
