"""axe-core is the real one: what keeps somebody out of a page, it finds."""

from pathlib import Path

from playwright.sync_api import Playwright

from tests.support.axe import installed
from tests.support.chromium import running_chromium


def test_what_keeps_somebody_out_is_found(playwright: Playwright) -> None:
    axe = installed(Path("build"))
    with running_chromium(playwright) as page:
        page.set_content("<title>Bad</title><img src='x'><p style='color:#aaa'>pale</p><input>")

        found = {fault.partition(":")[0] for fault in axe.faults(page)}

    assert {"image-alt", "color-contrast", "label", "html-has-lang"} <= found
