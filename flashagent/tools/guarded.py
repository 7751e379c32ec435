"""Files that act outside the sandbox, and files that hold secrets: a model changes or reads them only when the user
named them. Pure: decided by the path alone."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from fnmatch import fnmatchcase

from flashagent.dataclass import dataclass
from flashagent.secrecy import MASK

# What editors, shells, git, hosting services and agents run or obey by themselves, at any depth of the tree.
ACTING = (
    ".envrc", ".vscode", ".idea", ".husky", ".githooks", ".gitattributes", ".gitmodules", ".gitconfig", ".mcp.json",
    ".pre-commit-config.yaml", ".pre-commit-hooks.yaml", ".lefthook.yml", "lefthook.yml", ".devcontainer", ".circleci",
    ".gitlab-ci.yml", ".travis.yml", "azure-pipelines.yml", "agents.md", "claude.md", "gemini.md", ".cursor",
    ".cursorrules", ".claude", ".codex", ".aider.conf.yml", "flashagent.yaml", "flashagent.yml", ".flashagent",
)  # fmt: skip
ACTING_BELOW = (".github/workflows", ".github/actions")
SECRET = (
    ".env", ".env.*", ".netrc", ".npmrc", ".pypirc", ".git-credentials", "id_rsa", "id_dsa", "id_ecdsa", "id_ed25519",
    "*.key", "*.p12", "*.pfx", "*.keystore", "credentials.json", "secrets.yaml", "secrets.yml", "*.ppk", "*.kdbx", "*.jks",
    "id_ecdsa_sk", "id_ed25519_sk", ".htpasswd", ".pgpass", ".my.cnf", ".vault-token", ".dockercfg", "kubeconfig",
    "*.tfvars", "*.tfstate", "service-account*.json", "service_account*.json", "*.agekey",
)  # fmt: skip
HARMLESS = (".env.example", ".env.sample", ".env.template", ".env.dist")
_INVISIBLE = re.compile("[\u200b-\u200f\u2060-\u206f\ufeff]")


@dataclass(frozen=True)
class Guard:
    """`named` says whether the user named a path in so many words; `hooks` is the repository's own hooks folder, '' for
    none; `secret` are the user's own patterns (of names, or of paths from the root) of files that hold secrets."""

    named: Callable[[str], bool] = lambda path: False
    hooks: str = ""
    secret: tuple[str, ...] = ()

    def acts_outside(self, path: str, real: str = "") -> bool:
        """Whether a change of the file would take effect outside the sandbox without anyone running it, or it holds secrets.
        `real` is where the links of the path lead, '' for the path itself."""
        return not self.named(path) and any(map(self._acts, {path, real or path}))

    def _acts(self, path: str) -> bool:
        clean = _folded(path)
        if self.named(path):
            return False
        below = (*ACTING_BELOW, *((_folded(self.hooks),) if self.hooks else ()))
        inside = any(clean == folder or clean.startswith(f"{folder}/") for folder in below)
        return inside or any(part in ACTING for part in clean.split("/")) or self._holds_secrets(path)

    def is_secret(self, path: str, real: str = "") -> bool:
        """Whether the file is one that holds secrets, by its name or that of the `real` one behind its links."""
        return not self.named(path) and any(map(self._holds_secrets, {path, real or path}))

    def _holds_secrets(self, path: str) -> bool:
        name = _folded(path).rpartition("/")[2]
        if self.named(path) or name in HARMLESS:
            return False
        own = (pattern.casefold() for pattern in self.secret)
        return any(fnmatchcase(name, pattern) for pattern in SECRET) or any(
            fnmatchcase(name, pattern) or fnmatchcase(_folded(path), pattern) for pattern in own
        )

    def would_write_mask(self, before: str | None, after: str | None) -> bool:
        """Whether the new text holds a mask where a secret stood: a model copied what it was shown instead of it."""
        return (after or "").count(MASK) > (before or "").count(MASK)


def named_in(text: str, paths: Collection[str]) -> Callable[[str], bool]:
    """Whether the user's text names a path literally, or it is one of `paths`."""

    def is_named(path: str) -> bool:
        named = rf"(?<![\w/.-]){re.escape(path)}(?![\w/-]|\.\w)"  # `.env.example` does not name `.env`
        return path in paths or bool(re.search(named, text))

    return is_named


def _folded(path: str) -> str:
    """As a file system that folds case, or hides invisible characters, would see it."""
    parts = (part for part in _INVISIBLE.sub("", path).split("/") if part not in ("", "."))
    return "/".join(parts).casefold().rstrip(". ")
