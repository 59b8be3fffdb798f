"""Certificates made with the openssl command: a root, intermediates, and serving certificates."""

import dataclasses
import pathlib
import subprocess

_NEW_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
_DAYS = "30"


def _openssl(*args, **kwargs):
    subprocess.run(["openssl", *map(str, args)], check=True, capture_output=True, **kwargs)


@dataclasses.dataclass(frozen=True)
class Pair:
    """A certificate and its key; chain is the certificate with its intermediates after it."""

    certificate: pathlib.Path
    key: pathlib.Path
    chain: pathlib.Path


class Authority:
    """A certificate authority whose files are in a folder of its own."""

    def __init__(self, directory, pair, root):
        self.directory = directory
        self.pair = pair
        self.root = root

    @classmethod
    def new_root(cls, directory, name="root"):
        directory.mkdir(parents=True)
        certificate, key = directory / f"{name}.pem", directory / f"{name}-key.pem"
        _openssl(
            *["req", "-x509", *_NEW_KEY, "-keyout", key, "-out", certificate, "-days", _DAYS],
            *["-subj", f"/O=Spillway tests/CN={name}"],
            *["-addext", "keyUsage=critical,keyCertSign,cRLSign"],
        )
        return cls(directory, Pair(certificate, key, certificate), certificate)

    def new_intermediate(self, name):
        """An authority below this one, in the same folder."""
        extensions = "basicConstraints=critical,CA:true\nkeyUsage=critical,keyCertSign,cRLSign\n"
        return Authority(self.directory, self._sign(name, extensions), self.root)

    def new_serving(self, name, hosts):
        """A pair for a TLS server under these DNS names and IP addresses."""
        names = [f"IP:{host}" if _is_address(host) else f"DNS:{host}" for host in hosts]
        extensions = f"subjectAltName={','.join(names)}\nextendedKeyUsage=serverAuth\n"
        return self._sign(name, extensions)

    def _sign(self, name, extensions):
        certificate, key, chain, request, settings = (
            self.directory / f"{name}{end}"
            for end in (".pem", "-key.pem", "-chain.pem", ".csr", ".ext")
        )
        settings.write_text(extensions)
        _openssl(
            *["req", "-new", *_NEW_KEY, "-keyout", key, "-out", request],
            *["-subj", f"/O=Spillway tests/CN={name}"],
        )
        _openssl(
            *["x509", "-req", "-in", request, "-out", certificate, "-days", _DAYS],
            *["-CA", self.pair.certificate, "-CAkey", self.pair.key, "-extfile", settings],
        )
        above = "" if self.pair.certificate == self.root else self.pair.chain.read_text()
        chain.write_text(certificate.read_text() + above)
        return Pair(certificate, key, chain)


def _is_address(host):
    return host.replace(".", "").isdigit() or ":" in host
