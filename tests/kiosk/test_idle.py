from kiosk_client.idle import END_AFTER, Idle, Presence


def test_it_asks_and_then_clears() -> None:
    idle = Idle(0)

    assert idle.presence(59, 60, 30) is Presence.HERE
    assert idle.presence(60, 60, 30) is Presence.WARNED
    assert idle.presence(90, 60, 30) is Presence.GONE


def test_a_touch_gives_all_the_time_again_as_often_as_asked() -> None:
    idle = Idle(0)
    for times in range(1, 12):
        idle.touched(times * 89)
        assert idle.presence(times * 89 + 59, 60, 30) is Presence.HERE


def test_the_last_screen_clears_itself_without_asking() -> None:
    idle = Idle(0)

    assert idle.presence_at_the_end(END_AFTER - 1) is Presence.HERE
    assert idle.presence_at_the_end(END_AFTER) is Presence.GONE
