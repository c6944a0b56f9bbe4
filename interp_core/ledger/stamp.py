"""RFC 3161 time stamps: a token beside the lock, signed by an authority over the lock's exact bytes, checked offline.

A token carries the time that its authority states. Whoever holds the authority's key can state any time, and nothing
here asks whether a certificate was revoked.

References
----------
Adams, Cain, Pinkas and Zuccherato (2001), RFC 3161: Internet X.509 Public Key Infrastructure Time-Stamp Protocol.
"""

import hashlib
import importlib.util
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from interp_core.errors import LedgerError

if TYPE_CHECKING:
    import cryptography.x509
    import rfc3161_client

REQUEST, TOKEN, CERTIFICATES = ".tsq", ".tsr", ".pem"
# The object identifiers of the hashes that a token may be made with (NIST, 2.16.840.1.101.3.4.2).
_HASHES: Mapping[str, str] = {
    "2.16.840.1.101.3.4.2.1": "sha256",
    "2.16.840.1.101.3.4.2.2": "sha384",
    "2.16.840.1.101.3.4.2.3": "sha512",
}
_GRANTED = 0


@dataclass(frozen=True)
class Stamp:
    """What a token says.

    Attributes
    ----------
    time : the time that the authority states, in UTC, to the second.
    subject : the subject of the certificate that signed it.
    """

    time: str
    subject: str

    def __str__(self) -> str:
        return f"{self.time} as stated by {self.subject} (RFC 3161 token)"


def write_request(lock: Path) -> Path:
    """Write the request for a token over the lock, to be sent to an authority; the same bytes for the same lock.

    Raises
    ------
    LedgerError : there is no lock, or rfc3161-client is not installed.
    """
    if not lock.exists():
        raise LedgerError(f"{lock} does not exist. Register first: pytest claims/ --claims-register")
    _check_installed()
    from rfc3161_client import HashAlgorithm, TimestampRequestBuilder

    # Without a nonce: a token that the authority gave before, over the same bytes, is as true and no younger.
    request = TimestampRequestBuilder(nonce=False).data(lock.read_bytes()).hash_algorithm(HashAlgorithm.SHA256).build()
    path = beside(lock, REQUEST)
    path.write_bytes(request.as_bytes())
    return path


def read_stamp(lock: Path) -> Stamp | None:
    """The time stamp of a lock: ``claims.lock.tsr`` beside it, under the certificates of ``claims.lock.pem``.

    Returns
    -------
    None where there is no token.

    Raises
    ------
    LedgerError : the token, its certificates or the lock do not go together; the message says what to do.
    """
    token = beside(lock, TOKEN)
    if not token.exists():
        return None
    if not lock.exists():
        raise LedgerError(f"{token} is the token of a lock that is gone. Restore {lock} from version control.")
    _check_installed()
    certificates = _certificates(beside(lock, CERTIFICATES))
    response = _response(token)
    _check_imprint(response, lock, token)
    _check_signature(response, certificates, lock, token)
    time = response.tst_info.gen_time.strftime("%Y-%m-%d %H:%M:%S UTC")
    return Stamp(time, _printable(_signer(response).subject.rfc4514_string()))


def beside(lock: Path, suffix: str) -> Path:
    """The file beside a lock: ``claims.lock`` and ``.tsr`` make ``claims.lock.tsr``."""
    return lock.with_name(lock.name + suffix)


def _check_installed() -> None:
    if importlib.util.find_spec("rfc3161_client") is None:
        raise LedgerError(
            "time stamps are read and requested with rfc3161-client: pip install 'interp-claims[timestamps]'"
        )


def _certificates(path: Path) -> "list[cryptography.x509.Certificate]":
    from cryptography.x509 import load_pem_x509_certificates

    try:
        return load_pem_x509_certificates(path.read_bytes())
    except (OSError, ValueError):
        raise LedgerError(
            f"{path} holds no certificate in PEM form, and a token is checked against its authority's. Save the root "
            "certificate that the authority publishes there."
        ) from None


def _response(token: Path) -> "rfc3161_client.TimeStampResponse":
    from rfc3161_client import decode_timestamp_response

    try:
        response = decode_timestamp_response(token.read_bytes())
        if response.status == _GRANTED:
            _ = response.tst_info.message_imprint, response.signed_data.certificates  # both are parsed when asked for
    except ValueError:
        raise LedgerError(
            f"{token} is no whole reply of a time-stamping authority: it was cut off, or is something else. Send the "
            "request again (claims stamp) and save the reply as it comes."
        ) from None
    if response.status != _GRANTED:
        told = _printable("; ".join(response.status_string)) or f"status {response.status}"
        raise LedgerError(
            f"{token} is a refusal: the authority gave no token ({told}). Send the request again, or to another."
        )
    return response


def _check_imprint(response: "rfc3161_client.TimeStampResponse", lock: Path, token: Path) -> None:
    imprint = response.tst_info.message_imprint
    name = _HASHES.get(imprint.hash_algorithm.dotted_string)
    if name is None:
        raise LedgerError(
            f"{token} was made with the hash {imprint.hash_algorithm.dotted_string}, and SHA-256, SHA-384 or SHA-512 "
            "is needed. Send the request that claims stamp writes."
        )
    if hashlib.new(name, lock.read_bytes()).digest() != imprint.message:
        raise LedgerError(
            f"{token} is not over {lock} as it stands: the lock was changed after it was stamped, or the token is of "
            "another file. Restore the lock from version control; one that was amended needs a token of its own "
            "(claims stamp)."
        )


def _check_signature(
    response: "rfc3161_client.TimeStampResponse",
    certificates: "list[cryptography.x509.Certificate]",
    lock: Path,
    token: Path,
) -> None:
    from rfc3161_client import VerificationError, VerifierBuilder

    if not response.signed_data.certificates:
        raise LedgerError(
            f"{token} leaves out the certificate that signed it. Send the request that claims stamp writes: it asks "
            "for the certificate."
        )
    try:
        VerifierBuilder(roots=certificates).build().verify_message(response, lock.read_bytes())
    except (VerificationError, ValueError) as error:
        why = _printable(str(error).partition(":")[0].rstrip("."))  # what follows is OpenSSL's stack of errors
        raise LedgerError(
            f"{token} is not signed under {beside(lock, CERTIFICATES)} ({why}): the token was changed, or the "
            "certificates are another authority's. Save the root certificate of the authority that gave the token, or "
            "send the request again."
        ) from None


def _signer(response: "rfc3161_client.TimeStampResponse") -> "cryptography.x509.Certificate":
    """The certificate that signed; the verifier has found it among those of the token."""
    from cryptography.x509 import load_der_x509_certificate

    (signer,) = response.signed_data.signer_infos
    found = map(load_der_x509_certificate, response.signed_data.certificates)
    return next(one for one in found if (one.issuer, one.serial_number) == (signer.issuer, signer.serial_number))


def _printable(text: str) -> str:
    """What a stranger wrote into a token, without characters that a terminal would obey."""
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text)
