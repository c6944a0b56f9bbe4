"""A time stamp says what its authority says of the lock's exact bytes, or what is wrong with it and what to do."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from interp_core import ledger, record
from interp_core.cli import main
from interp_core.errors import LedgerError
from interp_core.ledger import Lock
from tests.ledger.rows import locked

MADE = Path(__file__).parent / "stamped"
# A GeneralizedTime of 15 characters, as DER writes it.
TIME = re.search(rb"\x18\x0f(\d{14}Z)", (MADE / "claims.lock.tsr").read_bytes())[1]


@pytest.fixture
def lock(tmp_path):
    """The lock, its token and its authority's root, as a user keeps them."""
    for name in ("claims.lock", "claims.lock.tsr", "claims.lock.pem"):
        shutil.copy(MADE / name, tmp_path / name)
    return tmp_path / "claims.lock"


def replace(lock, suffix, change):
    path = lock.with_name(lock.name + suffix)
    before = path.read_bytes()
    path.write_bytes(change(before))
    assert path.read_bytes() != before


def test_a_stamp_says_the_authority_s_time_and_its_certificate_s_subject(lock):
    stamp = ledger.read_stamp(lock)
    told = TIME.decode()
    assert stamp.time == f"{told[:4]}-{told[4:6]}-{told[6:8]} {told[8:10]}:{told[10:12]}:{told[12:14]} UTC"
    assert stamp.subject == "CN=Time stamps,O=Test authority"


def test_without_a_token_there_is_no_stamp(lock):
    lock.with_name("claims.lock.tsr").unlink()
    assert ledger.read_stamp(lock) is None
    assert record.anchored(lock) == "none"


def other(name):
    return lambda _: (MADE / name).read_bytes()


def backdated(token):
    assert TIME in token
    return token.replace(TIME, b"20250101000000Z")


BROKEN = {
    "the lock changed afterwards": (
        "",
        lambda data: data + b"\n",
        "is not over .*Restore the lock.*a token of its own",
    ),
    "the token cut off": (".tsr", lambda data: data[:-40], "is no whole reply.*Send the request again"),
    "the token empty": (".tsr", lambda data: b"", "is no whole reply"),
    "no token but a page": (".tsr", lambda data: b"<html>404</html>", "is no whole reply"),
    "the time in the token changed": (".tsr", backdated, "is not signed under .*the token was changed"),
    "the signature changed": (".tsr", lambda data: data[:-1] + bytes([data[-1] ^ 1]), "is not signed under"),
    "another authority's root": (
        ".pem",
        other("other.pem"),
        "is not signed under .*another authority's.*Save the root",
    ),
    "no certificate": (".pem", lambda data: b"", "holds no certificate in PEM form.*Save the root"),
    "a hash that does not count": (".tsr", other("sha1.tsr"), "SHA-256, SHA-384 or SHA-512 is needed"),
    "a token without its certificate": (".tsr", other("without_certificate.tsr"), "leaves out the certificate"),
    "a refusal": (".tsr", other("rejected.tsr"), r"is a refusal.*\(Requested policy is not supported"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_wrong_with_a_stamp_is_told_and_nothing_rests_on_it(lock, name, capsys):
    suffix, change, told = BROKEN[name]
    replace(lock, suffix, change)
    with pytest.raises(LedgerError, match=told):
        ledger.read_stamp(lock)
    assert record.anchored(lock) == "none; the time stamp beside it is not confirmed (claims verify says why)"
    assert main(["verify", "--lock", str(lock), "--reports", str(lock.parent)]) == 1
    assert "BROKEN  time stamp: " in (out := capsys.readouterr().out)
    assert "as stated by" not in out


def test_certificates_and_locks_that_are_missing_are_told(lock):
    lock.with_name("claims.lock.pem").unlink()
    with pytest.raises(LedgerError, match="holds no certificate"):
        ledger.read_stamp(lock)
    lock.unlink()
    with pytest.raises(LedgerError, match=r"the token of a lock that is gone. Restore"):
        ledger.read_stamp(lock)


def test_no_flipped_byte_of_a_token_moves_its_time(lock):
    true, token = ledger.read_stamp(lock), lock.with_name("claims.lock.tsr")
    data = token.read_bytes()
    for at in range(0, len(data), 7):
        token.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
        try:
            assert ledger.read_stamp(lock) == true  # a byte that says nothing
        except LedgerError:
            continue


def test_verify_and_the_banner_name_time_and_authority_and_claim_no_more(lock, capsys):
    stamp = ledger.read_stamp(lock)
    book = lock.parent / "ledger.jsonl"
    ledger.append(book, [{"kind": "registration", "lock": ledger.read_lock(lock).digest, "rows": []}])
    assert main(["verify", "--lock", str(lock), "--reports", str(lock.parent)]) == 0
    told = capsys.readouterr().out
    assert f"holds   time stamp: over the lock's exact bytes, {stamp.time} as stated by {stamp.subject}" in told
    assert "whoever holds the authority's key can state any" in told
    assert record.about_lock(ledger.read_lock(lock), lock)["anchor"] == f"{stamp}"


def test_version_control_and_a_stamp_stand_beside_each_other(lock):
    def git(*arguments):
        about = ("-c", "user.name=a", "-c", "user.email=a@b.c", "-c", "commit.gpgsign=false")
        subprocess.run(["git", "-C", str(lock.parent), *about, *arguments], check=True, capture_output=True)

    git("init", "-q")
    git("add", "claims.lock")
    git("commit", "-qm", "lock")
    assert record.anchored(lock).startswith("local commit ")
    assert record.anchored(lock).endswith(f"; {ledger.read_stamp(lock)}")


def test_a_request_is_over_the_lock_s_bytes_and_the_same_each_time(tmp_path, capsys):
    lock = tmp_path / "claims.lock"
    shutil.copy(MADE / "claims.lock", lock)
    assert main(["stamp", "--lock", str(lock)]) == 0
    assert f"--data-binary @{lock}.tsq -o {lock}.tsr" in capsys.readouterr().out
    assert lock.with_name("claims.lock.tsq").read_bytes() == (MADE / "claims.lock.tsq").read_bytes()
    ledger.write_lock(lock, ledger.register(Lock(), [locked(margin=0.1)], reason="").lock)
    assert ledger.write_request(lock).read_bytes() != (MADE / "claims.lock.tsq").read_bytes()


def test_a_request_needs_a_lock(tmp_path, capsys):
    assert main(["stamp", "--lock", str(tmp_path / "claims.lock")]) == 2
    assert "does not exist. Register first: pytest claims/ --claims-register" in capsys.readouterr().err


def test_without_the_library_a_stamp_is_not_taken_on_trust(lock, monkeypatch, capsys):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(LedgerError, match=r"pip install 'interp-claims\[timestamps\]'"):
        ledger.read_stamp(lock)
    assert main(["verify", "--lock", str(lock), "--reports", str(lock.parent)]) == 1
    assert "BROKEN  time stamp: time stamps are read" in capsys.readouterr().out
