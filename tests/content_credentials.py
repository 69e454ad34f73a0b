"""Signs pictures with C2PA, by a certificate that nobody trusts, and validates them."""

import datetime as dt
import io
import json
from functools import cache

import c2pa
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

GENERATED = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
CAPTURED = "http://cv.iptc.org/newscodes/digitalsourcetype/digitalCapture"


def signed(content, mime, *, source_type=GENERATED):
    """Return the picture with a manifest that says how it was made."""
    action = {"action": "c2pa.created", "digitalSourceType": source_type}
    manifest = {
        "claim_generator_info": [{"name": "a generator", "version": "1"}],
        "assertions": [{"label": "c2pa.actions.v2", "data": {"actions": [action]}}],
    }
    result = io.BytesIO()
    small = c2pa.Context.from_dict({"builder": {"thumbnail": {"enabled": False}}})
    certificate, key = credentials()
    info = c2pa.C2paSignerInfo("es256", certificate, key, None)
    with c2pa.Signer.from_info(info) as signer:
        c2pa.Builder(json.dumps(manifest), small).sign(signer, mime, io.BytesIO(content), result)
    return result.getvalue()


def manifests(content, mime):
    """Return what the picture's manifests say, read and validated; the last is the active one."""
    with c2pa.Reader(mime, io.BytesIO(content)) as reader:
        known = json.loads(reader.json())
    active = known["manifests"].pop(known["active_manifest"])
    return known, [*known["manifests"].values(), active]


def validity(content, mime):
    """Return the codes of what is wrong with the picture's manifest."""
    known, _ = manifests(content, mime)
    wrong = {problem["code"] for problem in known.get("validation_status", ())}
    return wrong - {"signingCredential.untrusted"}


@cache
def credentials(ends_in=1):
    """Return a certificate with its issuer's, which ends in so many days, and its key, as PEM."""
    root, leaf = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    chain = [
        _certificate(leaf, "a signer", by=root, ends_in=ends_in),
        _certificate(root, "an authority", by=root, ends_in=365),
    ]
    key = leaf.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return b"".join(link.public_bytes(serialization.Encoding.PEM) for link in chain), key


def _certificate(key, name, *, by, ends_in):
    def named(text):
        return x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, text)])

    authority = key is by
    now = dt.datetime.now(dt.UTC)
    usage = dict.fromkeys(
        (
            "content_commitment",
            "key_encipherment",
            "data_encipherment",
            "key_agreement",
            "crl_sign",
            "encipher_only",
            "decipher_only",
        ),
        False,
    )
    builder = (
        x509.CertificateBuilder()
        .subject_name(named(name))
        .issuer_name(named("an authority"))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=30))
        .not_valid_after(now + dt.timedelta(days=ends_in))
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .add_extension(
            x509.KeyUsage(digital_signature=not authority, key_cert_sign=authority, **usage),
            critical=True,
        )
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(by.public_key()), critical=False
        )
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    if not authority:
        purpose = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION])
        builder = builder.add_extension(purpose, critical=True)
    return builder.sign(by, hashes.SHA256())
