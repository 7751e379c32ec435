
// What stands behind a counted file while the tests run once: writes down which statements ran, by the test that was under way.
// Declared functions alone: what is counted may run before this line does.
function flashagentRan(n) {
  const state = (globalThis.flashagentRuns ??= flashagentBegins());
  if (!state) return;
  const test = globalThis.__vitest_worker__?.current ?? globalThis.expect?.getState?.()?.currentTestName ?? '';
  let known = state.tests.get(test);
  if (!known) {
    known = { number: state.tests.size, seen: new Set() };
    state.tests.set(test, known);
    const names = typeof test === 'string' ? [test] : [];
    for (let at = test; at?.name !== undefined; at = at.suite) names.unshift(at.name);
    state.write(JSON.stringify([known.number, names.join(' ')]));
  }
  const key = `FLASHAGENT_FILE ${n}`;
  if (known.seen.has(key)) return;
  known.seen.add(key);
  state.write(`${known.number} ${key}`);
}
function flashagentBegins() {
  const load = process.getBuiltinModule ?? (typeof require === 'function' ? require : null);
  const place = process.env.FLASHAGENT_SEEN;
  if (!load || !place) return null;
  const fs = load('node:fs');
  return { tests: new Map(), write: (line) => fs.appendFileSync(place, line + '\n') };
}
