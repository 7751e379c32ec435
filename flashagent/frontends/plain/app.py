"""The linear app: lines in, lines out, the same controller and the same story of events as the full-screen one."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TextIO, cast

from flashagent.errors import ExitCode, FlashagentError
from flashagent.events import Decision
from flashagent.frontends import offers, words
from flashagent.frontends.plain.lines import Lines
from flashagent.frontends.plain.telling import ANSWER_WORDS, decision_of, lines_of
from flashagent.frontends.tui.blocks import Block
from flashagent.frontends.tui.commands import Book, split
from flashagent.frontends.tui.controller import Controller
from flashagent.frontends.tui.exporting import markdown
from flashagent.frontends.tui.stage import Stage
from flashagent.frontends.tui.working import Ears, Work

PROMPT = "> "
SILENCE_S = 10.0  # so long work may go on before it is said that it does
_QUIET = ("", "starting", "the model is thinking", "the model is writing", "waiting for your answer")
_HELP = """All is typed as lines. /stop or Ctrl+C interrupts what runs; a line that is sent while work runs is said to that work, and
/later LINE waits for its end. A line that ends with a backslash goes on in the next one. Questions are answered by words."""
_NOT_HERE = ("/clear", "/theme", "/keys")


class PlainApp:
    """`run` returns the exit code once the user has left or the input has ended."""

    def __init__(self, controller: Controller, lines: Lines, out: TextIO) -> None:
        self._controller = controller
        self._lines = lines
        self._out = out
        self._stage = Stage(self._changed, lambda: asyncio.get_running_loop().time())
        ears = Ears(self._moved, lambda took, following: self._ended(), self._stage.fail, self._cut_off)
        self._work = Work(ears, controller.interrupt)
        self._book = Book(controller.own_commands)
        self._told: list[Block] = []
        self._confirm: tuple[str, str] | None = None
        self._asked = self._answered = ""  # the questions of the model that were said and answered last
        self._doing = ""
        self._turn = asyncio.Event()  # something happened that may make it the user's turn
        self._said_at = 0.0
        self._stopping = False  # Ctrl+C was the last thing that the user did, and nothing ran

    async def run(self) -> int:
        self._greet()
        reminder = asyncio.create_task(self._remind())
        try:
            with self._lines.reading():
                while await self._one_line():
                    pass
        finally:
            reminder.cancel()
            await self._work.end()
            self._flush()
            await self._controller.close()
        self._say("Goodbye.")
        return ExitCode.OK

    def interrupt(self) -> None:
        """Ctrl+C: ends what runs; a second one in a row leaves when nothing does."""
        if self._work.running:
            self._stop()
        elif self._stopping:
            raise KeyboardInterrupt
        else:
            self._stopping = True
            self._say("\nNothing runs. /quit or Ctrl+C once more leaves.")
            self._prompt()

    # What the user says.

    async def _one_line(self) -> bool:
        """Whether to go on after it."""
        await self._my_turn()
        self._prompt()
        line = await self._whole_line()
        self._stopping = False
        if line is None:
            await self._input_ended()
            return False
        if line.strip() in ("/quit", "/exit"):
            return False
        await self._hear(line.strip())
        return True

    async def _my_turn(self) -> None:
        """A person may speak at any time; the lines of a script each wait for the end of what came before."""
        while not self._lines.terminal and self._work.running and not self._is_asked:
            self._turn.clear()
            await self._turn.wait()

    async def _input_ended(self) -> None:
        """What runs comes to its end; a question that nobody can answer any more does not."""
        while self._work.running and not self._is_asked:
            self._turn.clear()
            await self._turn.wait()

    async def _whole_line(self) -> str | None:
        parts: list[str] = []
        while (line := await self._lines.next()) is not None:
            if not line.endswith("\\"):
                return "\n".join([*parts, line])
            parts.append(line[:-1])
        return "\n".join(parts) if parts else None

    @property
    def _is_asked(self) -> bool:
        """Whether a question is open that the user has not answered yet."""
        question = self._stage.view.question
        return self._confirm is not None or (question is not None and question.call_id != self._answered)

    async def _hear(self, line: str) -> None:
        if self._confirm is not None:
            self._confirmed(line)
        elif self._is_asked and line != "/stop":
            self._answer(line)
        elif line == "/stop":
            self._stop()
        elif line == "/setup":
            await self._set_up()
        elif line:
            self._send(line)

    def _send(self, line: str) -> None:
        controller = self._controller
        controller.remember(line)
        later, line = line.startswith("/later "), line.removeprefix("/later ").strip()
        if line.startswith("!"):
            self._start(line, lambda: self._shell(line[1:].strip()))
        elif line.startswith("/"):
            self._command(*split(line))
        elif self._work.running and not later and controller.steer(line):
            self._say("Said to the work that runs.")
        else:
            self._start(line, lambda: controller.submit(line, self._stage.emit))

    def _command(self, name: str, argument: str) -> None:
        known = self._book.all
        if name not in known:
            self._stage.note(self._book.unknown(name), mark="warning")
        elif known[name].by == "app":
            self._own_command(name, argument)
        elif name == "/fix":
            self._start(
                f"{name} {argument}".strip(), lambda: self._controller.fix(argument, self._stage.emit)
            )
        else:
            self._start("", lambda: self._carry_out(name, argument), waits_as=name)

    def _own_command(self, name: str, argument: str) -> None:
        if name == "/help":
            told = self._book.more_about(argument) if argument else f"{self._book.help_text()}\n\n{_HELP}"
            self._say(told)
        elif name == "/export":
            self._export(argument)
        elif name in _NOT_HERE:
            self._say(f"{name} is of no use without a screen.")

    def _export(self, file: str) -> None:
        if not file:
            self._stage.note("/export wants a file.", "Like this: /export talk.md", mark="warning")
            return
        try:
            self._say(self._controller.save(file, markdown(self._told, "flashagent")))
        except FlashagentError as error:
            self._stage.fail(error.message, error.hint)

    async def _set_up(self) -> None:
        """Three questions; an empty answer leaves all as it is."""
        answers: list[str] = []
        for asked in ("The endpoint: http(s)://... or a preset", "Its key, - for none", "The model's name"):
            self._write(f"{asked} (an empty line skips): ")
            if len(answers) == 1:
                with self._lines.unseen():
                    line = await self._lines.next()
                self._say("")
            else:
                line = await self._lines.next()
            if not (line or "").strip():
                self._say("Nothing was changed.")
                return
            answers.append((line or "").strip())
        address, key, model = answers
        try:
            kept = self._controller.set_up(address, "" if key == "-" else key, model)
        except FlashagentError as error:
            self._stage.fail(error.message, error.hint)
        else:
            self._say(f"{model} is asked from now on. {kept}")

    def _answer(self, line: str) -> None:
        question, count = self._stage.view.question, self._stage.view.options
        assert question is not None
        number = offers.chosen(line, count)
        if not line or (count and number is None):
            self._say(offers.question(count, "") if count else ANSWER_WORDS)
            return
        decision, reason = decision_of(line)
        try:
            self._answered = question.call_id
            if count and number is not None:
                self._controller.choose(question.call_id, number)
            else:
                self._controller.answer(question.call_id, cast(Decision, decision), reason)
        except FlashagentError as error:
            self._stage.fail(error.message, error.hint)

    def _confirmed(self, line: str) -> None:
        assert self._confirm is not None
        name, argument = self._confirm
        self._confirm = None
        if line.lower() in ("y", "yes"):
            self._start("", lambda: self._carry_out(name, argument, confirmed=True), waits_as=name)
        else:
            self._say(f"{name} was not done.")

    # Work.

    def _start(self, shown: str, piece: Callable[[], Awaitable[None]], *, waits_as: str = "") -> None:
        async def begin() -> None:
            if shown:
                self._stage.request(shown)
            await piece()

        text = waits_as or shown
        if not self._work.start_or_wait(text, begin):
            self._say(f"This waits until what runs has ended: {words.one_line(text, 60)}")

    async def _shell(self, command: str) -> None:
        if not command:
            self._stage.note("! needs a command.", "For example: !git status", mark="warning")
            return
        self._stage.show((await self._controller.shell(command, lambda text: None)).block)

    async def _carry_out(self, name: str, argument: str, *, confirmed: bool = False) -> None:
        answer = await self._controller.command(name, argument, self._stage.emit, confirmed=confirmed)
        for block in answer.transcript or ():
            self._tell(block)
        if answer.plan:
            self._say(words.clean(answer.plan))
        if answer.block.title or answer.block.text:
            self._stage.show(answer.block)
        if answer.confirm:
            self._confirm = name, argument
            self._say(f"{answer.confirm} Answer yes or no.")

    def _stop(self) -> None:
        if not self._work.running:
            self._say("Nothing runs.")
            return
        for text in self._work.interrupt():
            self._say(f"This waits no more: {words.one_line(text, 60)}")

    def _ended(self) -> None:
        self._stage.settle()
        self._doing = ""
        self._moved()
        if not self._work.running:
            self._prompt()

    def _cut_off(self) -> None:
        self._stage.note("Interrupted.", mark="warning")

    def _moved(self) -> None:
        self._turn.set()

    # What is said.

    def _greet(self) -> None:
        facts = self._controller.facts
        model = f"model {facts.model}" if facts.model else "no model"
        self._say(
            f"flashagent in {words.one_line(facts.folder)}, branch {words.one_line(facts.branch)}, {model}."
        )
        self._say(f"Commands run in: {facts.sandbox}. /help lists the commands, /quit leaves.")
        for block in self._controller.opened(self._stage.emit):
            self._tell(block)
        if self._controller.needs_setup:
            self._say("No model is configured. /setup names one; /fix, /check and /map work without.")

    async def _remind(self) -> None:
        """A line now and then while work goes on without a word."""
        while True:
            await asyncio.sleep(SILENCE_S)
            now, took = asyncio.get_running_loop().time(), self._work.seconds
            if took is not None and not self._is_asked and now - self._said_at >= SILENCE_S:
                self._say(f"Still at work, {words.seconds(took)}: {self._progress()}")

    def _progress(self) -> str:
        view = self._stage.view
        running = next((block.title for block in reversed(view.open) if block.mark == "running"), "")
        return words.one_line(running or view.doing or "starting")

    def _changed(self) -> None:
        self._flush()
        view = self._stage.view
        if view.question is not None and view.question.call_id != self._asked:
            self._asked = view.question.call_id
            for block in view.open:
                if block.kind == "question":
                    self._say("\n".join(lines_of(block)))
            if not view.options:
                self._say(ANSWER_WORDS)
            self._prompt()
            self._moved()
        elif view.doing not in (*_QUIET, self._doing):
            self._doing = view.doing
            self._say(f"({words.one_line(view.doing)})")

    def _flush(self) -> None:
        for block in self._stage.take_finished():
            self._told.append(block)
            if block.kind != "user":  # it stands there as it was typed
                self._say("\n".join(lines_of(block)))

    def _tell(self, block: Block) -> None:
        """A block of an earlier session."""
        self._told.append(block)
        self._say("\n".join(lines_of(block)))

    def _prompt(self) -> None:
        if self._lines.terminal and (not self._work.running or self._is_asked):
            self._write(PROMPT)

    def _say(self, text: str) -> None:
        self._write(f"{text}\n")

    def _write(self, text: str) -> None:
        self._said_at = asyncio.get_running_loop().time()
        self._out.write(text)
        self._out.flush()
