"""What one account of a venue signs in with (target protocol, section 1, "Credentials by venue")."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from venue_conformance.target.problems import Problems, unknown
from venue_conformance.target.tables import kind_of

MASK = "***"
#: The one key of credentials that every venue has, and that is no text.
DISPOSABLE = "disposable"


@dataclass(frozen=True)
class CredentialShape:
    """Which keys a venue's credentials have.

    ``account_name`` is the key whose value names an account in provider states; it must be among ``required``.
    ``choices`` lists the allowed values of a key that has only a few. Values of keys in ``secret`` are never shown.
    ``headers`` are those that checks set, tamper with and leave out: a target file may not send them always.
    ``pieces`` are those parts of a secret value that are secret by themselves.
    ``validate`` is the venue's own check of credentials that have the right keys: what is wrong with them, or None.
    """

    account_name: str
    required: frozenset[str]
    optional: frozenset[str] = frozenset()
    choices: Mapping[str, frozenset[str]] = field(default_factory=dict)
    secret: frozenset[str] = frozenset()
    headers: frozenset[str] = frozenset()
    validate: Callable[[Mapping[str, str]], str | None] | None = None
    pieces: Callable[[str], Iterable[str]] | None = None

    def __post_init__(self) -> None:
        if self.account_name not in self.required or self.account_name in self.secret:
            raise ValueError(f"{self.account_name} must be a required key that is not secret")


class Credentials(Mapping[str, str]):
    """The credentials of one account, unchangeable; its repr shows no secret.

    ``disposable`` says that the account owns nothing of worth, so that bodies which a careless venue may read as
    "all" can go out in its name.
    """

    def __init__(self, values: Mapping[str, str], shape: CredentialShape, disposable: bool = False) -> None:
        self._values = dict(values)
        self.disposable = disposable
        self._account_name = shape.account_name
        self._secret_keys, self._pieces = shape.secret, shape.pieces

    @property
    def name(self) -> str:
        """The account's public name, as ``caller`` in the params of a provider state."""
        return self._values[self._account_name]

    @property
    def secrets(self) -> set[str]:
        """The values that must not appear in anything written."""
        whole = {value for key, value in self._values.items() if key in self._secret_keys}
        return whole if self._pieces is None else whole.union(*map(self._pieces, whole))

    def __getitem__(self, key: str) -> str:
        return self._values[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __hash__(self) -> int:
        return hash(frozenset(self._values.items()))

    def __repr__(self) -> str:
        shown = (f"{k}={MASK if k in self._secret_keys else repr(v)}" for k, v in self._values.items())
        return f"Credentials({', '.join(shown)})"


def parse_credentials(values: Mapping[str, object], shape: CredentialShape, where: str) -> Credentials:
    """Credentials of the given shape, from a table or a JSON object; ``where`` names it in errors.

    Raises ClientFault that names every wrong key, what is wrong with it and what would be right, and no secret value.
    """
    problems = Problems("")
    credentials = read_credentials(values, shape, where, problems)
    problems.raise_if_any()
    assert credentials is not None, "credentials without a problem were read"
    return credentials


def read_credentials(
    values: Mapping[str, object],
    shape: CredentialShape,
    where: str,
    problems: Problems,
    already_wrong: Collection[str] = (),
) -> Credentials | None:
    """Like ``parse_credentials``, but notes what is wrong in ``problems`` and then returns None.

    ``already_wrong`` are keys that were given, but whose problem has been noted before.
    """
    good: dict[str, str] = {}
    before = len(problems)
    for key, value in values.items():
        if key == DISPOSABLE:
            if not isinstance(value, bool):
                problems.add(f"{where} {key}", f"must be true or false without quotes, is {kind_of(value)}")
            continue
        wrong = _what_is_wrong(key, value, shape)
        if wrong:
            problems.add(f"{where} {key}", wrong)
        else:
            good[key] = str(value)
    for key in sorted(shape.required - values.keys() - set(already_wrong)):
        problems.add(f"{where} {key}", f"missing; required are {', '.join(sorted(shape.required))}")
    if len(problems) > before or already_wrong:
        return None
    credentials = Credentials(good, shape, disposable=values.get(DISPOSABLE) is True)
    objection = shape.validate(credentials) if shape.validate else None
    if objection:
        for secret in credentials.secrets:
            objection = objection.replace(secret, MASK)
        problems.add(where, objection)
        return None
    return credentials


def _what_is_wrong(key: str, value: object, shape: CredentialShape) -> str | None:
    known = shape.required | shape.optional
    if key not in known:
        return unknown("key", key, known | {DISPOSABLE})
    if not isinstance(value, str):
        return f"must be text in quotes, is {kind_of(value)}"
    if not value:
        return "must not be empty"
    # A line end left over from a secret store is the most common reason for a signature that nobody accepts.
    if value != value.strip() or not value.isprintable():
        return "must not begin or end with blanks nor contain line ends or control characters"
    if not value.isascii():
        return "must be ASCII characters"
    if key in shape.choices and value not in shape.choices[key]:
        shown = "" if key in shape.secret else f', is "{value}"'
        return f"must be one of {', '.join(sorted(shape.choices[key]))}{shown}"
    return None
