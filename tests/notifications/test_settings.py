import pytest
from pydantic import ValidationError

from notifications.settings import PushSettings


@pytest.mark.parametrize("proxy", ["", "http://proxy.center.example:3128", "https://user:secret@proxy.center.example/"])
def test_a_proxy_has_an_address(proxy: str) -> None:
    assert PushSettings(push_proxy=proxy).push_proxy == proxy


@pytest.mark.parametrize("proxy", ["proxy.center.example:3128", "socks5://proxy.center.example", "http://"])
def test_a_mistyped_proxy_is_found_at_the_start_and_not_told(proxy: str) -> None:
    """Else every device would look as if it had been refused."""
    with pytest.raises(ValidationError) as refused:
        PushSettings(push_proxy=proxy)
    assert "proxy.center.example" not in str(refused.value)
