"""``venue-conformance keygen``: a pair of keys for certificates."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from nacl.signing import SigningKey

from venue_conformance.errors import ClientFault
from venue_conformance.report.dsse import key_id, private_pem, public_pem
from venue_conformance.target.private_file import write_private

DEFAULT_KEY = Path("venue-conformance.key")


def add_command(commands: Any) -> None:
    """Declare the command."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "keygen",
        description="Makes an Ed25519 key pair: FILE, which only you may read (0600), and FILE.pub, to be handed out.",
    )
    parser.add_argument(
        "file", nargs="?", type=Path, default=DEFAULT_KEY, metavar="FILE", help=f"default: {DEFAULT_KEY}"
    )
    parser.set_defaults(execute=execute)


def execute(options: argparse.Namespace) -> int:
    """Make the pair; an earlier one is never replaced."""
    private: Path = options.file
    if not private.name or private.is_dir():
        raise ClientFault(f"{private}: this is a folder; the name of a file is wanted")
    public = private.with_name(private.name + ".pub")
    for file in (private, public):
        if file.exists() or file.is_symlink():
            raise ClientFault(f"{file}: it is there already, and a key that is lost cannot be made again")
    key = SigningKey.generate()
    try:
        write_private(private, private_pem(key))
        public.write_text(public_pem(key.verify_key), encoding="ascii")
    except OSError as error:
        raise ClientFault(f"{private}: {error.strerror or error}") from error
    print(f"{private}: the private key, for you alone\n{public}: the public key, id {key_id(key.verify_key)}")
    return 0
