"""Run git so that nothing of the repository runs with it.

No hook, file system monitor, filter, pager, external diff, text conversion, transport, prompt or stray GIT_* variable;
the git folder and work tree are named, never searched for. Only a commit that the user asked for may run the user's
hooks, filters and signing (`trusted`), with a time limit and without a terminal.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import field, replace

from flashagent.dataclass import dataclass
from flashagent.errors import RunnerMissing, WorkspaceError
from flashagent.untrusted import is_secret_name
from flashagent.workspace.discovery import OLDEST_GIT, Located, find_git, safe_search_path

TIMEOUT_S = 120.0
_GRACE_S = 2.0
# The user's own choice of identity and of configuration files; every other GIT_* variable is dropped.
_KEPT = ("GIT_AUTHOR_", "GIT_COMMITTER_", "GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM")
_MODEL_SETTINGS = ("MODEL_", "MAI_", "OPENAI_")
_ALWAYS = {
    "core.fsmonitor": "false", "core.pager": "cat", "gc.auto": "0", "maintenance.auto": "false", "color.ui": "false",
}  # fmt: skip
_UNTRUSTED = {
    "core.hooksPath": "/dev/null", "core.untrackedCache": "keep", "core.safecrlf": "false", "commit.gpgSign": "false",
    "safe.bareRepository": "explicit", "protocol.allow": "never", "protocol.ext.allow": "never", "diff.external": "",
    "core.sshCommand": "false", "credential.helper": "", "log.showSignature": "false",
}  # fmt: skip


class GitFailed(WorkspaceError):
    """git ended with an error; `status` is its exit status, `output` what it wrote to standard error."""

    def __init__(self, message: str, *, status: int, output: str, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.status = status
        self.output = output


class GitTimedOut(WorkspaceError):
    """git, or something that it started, did not end in time and was ended with everything it had started."""


@dataclass(frozen=True, slots=True)
class GitCalls:
    """How to call git for one work tree. `drivers` are the filter drivers that the configuration names: each is
    switched off in untrusted calls, since a filter is a command. `bare` is what the configuration says."""

    git: str
    located: Located
    environ: Mapping[str, str]
    search_path: str
    drivers: tuple[str, ...] = field(default=())
    bare: bool = False

    @classmethod
    def make(cls, located: Located, environ: Mapping[str, str]) -> GitCalls:
        """Raises RunnerMissing when there is no git, or one that cannot be held back."""
        git = find_git(environ, located.root)
        path = os.pathsep.join(safe_search_path(environ, located.root))
        calls = cls(git, located, dict(environ), path)
        settings = _settings_of(calls)
        if settings.get("core.fsmonitor", [""])[-1] != "false":
            # A git that does not take settings from variables would run what the repository configures.
            raise RunnerMissing(
                f"{git} is too old to be used safely ({calls.text('version')}).",
                hint=f"Install git {OLDEST_GIT} or newer.",
            )
        drivers = {
            name.removeprefix("filter.").rpartition(".")[0] for name in settings if name.startswith("filter.")
        }
        bare = settings.get("core.bare", [""])[-1].lower() in ("true", "yes", "on", "1")
        return replace(calls, drivers=tuple(sorted(drivers)), bare=bare)

    def settings(self, *, trusted: bool = False) -> dict[str, str]:
        """The configuration that overrides every file. A trusted call keeps what the user set, but never waits."""
        if trusted:
            return dict(_ALWAYS)
        off = {
            f"filter.{driver}.{key}": "" for driver in self.drivers for key in ("clean", "smudge", "process")
        }
        return {
            **_ALWAYS,
            **_UNTRUSTED,
            **off,
            **{f"filter.{driver}.required": "false" for driver in self.drivers},
        }

    def environment(self, extra: Mapping[str, str] | None = None, *, trusted: bool = False) -> dict[str, str]:
        """The whole environment of a call; settings go in as variables, where no name can be taken apart wrongly."""
        kept = {
            name: value
            for name, value in self.environ.items()
            if not name.startswith("GIT_") or name.startswith(_KEPT)
        }
        kept.pop("GPG_TTY", None)
        # Even a hook that the user means to run may have been edited in the same change: it gets no key.
        kept = {name: value for name, value in kept.items() if not _is_secret(name)}
        kept |= {
            "PATH": self.environ.get("PATH", os.defpath) if trusted else self.search_path,
            "LC_ALL": "C", "LANGUAGE": "C", "GIT_TERMINAL_PROMPT": "0", "GIT_ASKPASS": "false",
            "SSH_ASKPASS": "false", "GIT_EDITOR": "true", "GIT_SEQUENCE_EDITOR": "true", "GIT_PAGER": "cat",
            "GIT_OPTIONAL_LOCKS": "0",
        }  # fmt: skip
        if (
            not trusted
        ):  # a trusted call is made as the user would make it at the root, so that hooks feel at home
            kept |= {
                "GIT_DIR": str(self.located.git_dir), "GIT_WORK_TREE": str(self.located.root),
                "GIT_COMMON_DIR": str(self.located.common_dir), "GIT_LITERAL_PATHSPECS": "1",
                "GIT_NO_LAZY_FETCH": "1", "GIT_NO_REPLACE_OBJECTS": "1",
            }  # fmt: skip
        settings = self.settings(trusted=trusted)
        kept["GIT_CONFIG_COUNT"] = str(len(settings))
        for number, (key, value) in enumerate(settings.items()):
            kept[f"GIT_CONFIG_KEY_{number}"] = key
            kept[f"GIT_CONFIG_VALUE_{number}"] = value
        return {**kept, **(extra or {})}

    def run(
        self,
        *arguments: str,
        stdin: bytes = b"",
        env: Mapping[str, str] | None = None,
        trusted: bool = False,
        timeout_s: float = TIMEOUT_S,
        ok: Sequence[int] = (0,),
    ) -> bytes:
        """Standard output. Raises GitFailed for an exit status that is not in `ok`, and GitTimedOut."""
        status, output, errors = self.finish(
            *arguments, stdin=stdin, env=env, trusted=trusted, timeout_s=timeout_s
        )
        if status not in ok:
            text = errors.decode("utf-8", "replace").strip()
            first = text.splitlines()[0] if text else f"exit status {status}"
            raise GitFailed(
                f"git {_verb(arguments)} failed: {first.removeprefix('fatal: ')}", status=status, output=text
            )
        return output

    def finish(
        self,
        *arguments: str,
        stdin: bytes = b"",
        env: Mapping[str, str] | None = None,
        trusted: bool = False,
        timeout_s: float = TIMEOUT_S,
        pass_fds: Sequence[int] = (),
    ) -> tuple[int, bytes, bytes]:
        """Exit status, standard output and standard error, in a process group that does not outlive the call."""
        process = self.start(*arguments, env=env, trusted=trusted, pass_fds=pass_fds)
        try:
            output, errors = process.communicate(stdin, timeout=timeout_s)
        except subprocess.TimeoutExpired:
            _end_group(process)
            raise GitTimedOut(
                f"git {_verb(arguments)} did not end within {timeout_s:g} seconds.",
                hint="A hook, filter or signing program may be waiting for something.",
            ) from None
        except BaseException:
            _end_group(process)
            raise
        return process.returncode, output, errors

    def start(
        self,
        *arguments: str,
        env: Mapping[str, str] | None = None,
        trusted: bool = False,
        pass_fds: Sequence[int] = (),
    ) -> subprocess.Popen[bytes]:
        """The running process with three pipes; the caller ends it. It has no controlling terminal."""
        return subprocess.Popen(
            [self.git, "--no-optional-locks", "--no-pager", *arguments],
            cwd=self.located.root,
            env=self.environment(env, trusted=trusted),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
            pass_fds=pass_fds,
        )

    def text(self, *arguments: str, ok: Sequence[int] = (0,)) -> str:
        """Standard output as text, without the last newline."""
        return os.fsdecode(self.run(*arguments, ok=ok)).rstrip("\n")

    def together(self, *commands: Sequence[str], env: Mapping[str, str] | None = None) -> list[bytes]:
        """Several calls at the same time, results in the order given."""
        with ThreadPoolExecutor(max_workers=len(commands)) as pool:
            return list(pool.map(lambda command: self.run(*command, env=env), commands))


def _is_secret(name: str) -> bool:
    """Whether the variable holds a secret or configures a model; git needs neither."""
    return is_secret_name(name) or name.startswith(_MODEL_SETTINGS)


def _verb(arguments: Sequence[str]) -> str:
    """The subcommand, past settings of its own."""
    return arguments[2] if arguments[0] == "-c" else arguments[0]


def split_nul(output: bytes) -> list[str]:
    """The names in NUL-terminated output; bytes that are no UTF-8 become lone surrogates, as everywhere in `os`."""
    return [os.fsdecode(item) for item in output.split(b"\0") if item]


def join_nul(names: Sequence[str]) -> bytes:
    return b"".join(os.fsencode(name) + b"\0" for name in names)


def _settings_of(calls: GitCalls) -> dict[str, list[str]]:
    """What is configured of what matters here: key → values, the one that counts last; a key alone means true."""
    wanted = r"^(core\.(bare|fsmonitor)$|filter\.)"
    found: dict[str, list[str]] = {}
    for item in split_nul(calls.run("config", "-z", "--get-regexp", wanted, ok=(0, 1))):
        key, newline, value = item.partition("\n")
        found.setdefault(key, []).append(value if newline else "true")
    return found


def _end_group(process: subprocess.Popen[bytes]) -> None:
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_GRACE_S)
    for stream in (process.stdin, process.stdout, process.stderr):
        if stream is not None:
            with contextlib.suppress(OSError):
                stream.close()
