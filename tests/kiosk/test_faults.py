import subprocess
import sys

from kiosk_client.faults import where

NAME = "Zulema Prueba"
PROGRAM = f"""
import os, threading
from kiosk_client.freed_memory import overwrite_freed_memory
overwrite_freed_memory()
from kiosk_client.privacy import keep_private
keep_private()
print(os.environ["GLIBC_TUNABLES"])
thread = threading.Thread(target=lambda: dict()["{NAME}"])
thread.start()
thread.join()
raise RuntimeError("{NAME}")
"""


def broken(name: str) -> None:
    raise KeyError(name)


def test_a_fault_is_told_by_its_kind_and_place_alone() -> None:
    try:
        broken(NAME)
    except KeyError as error:
        told = where(error)

    assert told.startswith("KeyError at test_faults.py:")
    assert NAME not in told


def test_the_program_begins_anew_once_and_ends_without_a_word_of_what_was_answered() -> None:
    ended = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=60, check=False)

    assert ended.stdout == "glibc.malloc.perturb=255:glibc.malloc.tcache_count=0\n"
    assert ended.returncode == 1
    assert "a thread of the kiosk ended: KeyError" in ended.stderr
    assert "the kiosk ended: RuntimeError" in ended.stderr
    assert NAME not in ended.stderr
