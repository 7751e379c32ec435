'use strict';
// Runs inside the sandbox, started by the driver: keeps one test runner warm and runs the given test files anew for each message.
// Argument: JSON of runner, mode, options, test files (from this folder) and secret. Tells { secret, ready }, then one answer to each message.
const fs = require('node:fs');
const path = require('node:path');
const url = require('node:url');
const { createRequire } = require('node:module');

const given = JSON.parse(process.argv.splice(2)[0]); // no candidate is to read the secret there
const load = createRequire(path.join(process.cwd(), 'package.json'));
const here = given.tests.map((file) => path.resolve(file));

function own(rest) {
  // The check's own options as the runners' functions take them: `--some-name value` is { someName: 'value' }.
  const found = {};
  for (let at = 0; at < rest.length; at += 1) {
    const [name, text] = rest[at].replace(/^-+/, '').split(/=(.*)/s);
    const long = (name === 'c' ? 'config' : name).replace(/-(\w)/g, (_, letter) => letter.toUpperCase());
    const next = text ?? (rest[at + 1]?.startsWith('-') === false ? rest[(at += 1)] : undefined);
    const value = next === undefined || next === 'true' ? true : next === 'false' ? false : next;
    if (long.startsWith('no') && /[A-Z]/.test(long[2] ?? '')) found[long[2].toLowerCase() + long.slice(3)] = false;
    else found[long] = value;
  }
  return found;
}

async function jest() {
  process.env.NODE_ENV ??= 'test';
  const { runCLI } = load('jest');
  const wanted = {
    silent: true, ...own(given.options), _: given.tests, $0: 'jest', ci: true, runInBand: true, watch: false, watchAll: false, watchman: false,
    runTestsByPath: true, reporters: [], coverage: false, bail: 0,
  };
  return async () => {
    const { results } = await runCLI(wanted, [process.cwd()]);
    const tests = results.testResults.flatMap((file) =>
      file.testResults.map((one) => [
        [path.relative(process.cwd(), file.testFilePath), ...one.ancestorTitles, one.title].join(' > '),
        one.status,
      ]),
    );
    return { green: results.success && results.numTotalTests > 0, tests };
  };
}

function forget(kept, file) {
  if (kept.invalidateFile) return kept.invalidateFile(file);
  for (const one of new Set([kept, ...(kept.projects ?? [])])) {
    const graph = one.server?.moduleGraph;
    for (const mod of graph?.getModulesByFile(file) ?? []) {
      graph.invalidateModule(mod);
      mod.lastHMRTimestamp = Date.now();
    }
  }
}

async function vitest() {
  const folder = path.dirname(fs.realpathSync(load.resolve('vitest/package.json')));
  const { startVitest } = await import(url.pathToFileURL(path.join(folder, 'dist/node.js')).href);
  const kept = await startVitest('test', given.tests, {
    ...own(given.options), watch: true, standalone: true, pool: given.mode, maxWorkers: 1, minWorkers: 1, reporters: [{}], bail: 0,
    fileParallelism: false, coverage: { enabled: false }, cache: false,
  }, { server: { watch: null } });
  const specs = await (kept.globTestSpecifications ?? kept.globTestSpecs ?? kept.globTestFiles).call(kept, given.tests);
  const wanted = specs.filter((one) => here.includes(one.moduleId ?? one[1]));
  return async (changed) => {
    for (const file of changed) forget(kept, file);
    kept.state.clearErrors?.();
    await (kept.runTestSpecifications ?? kept.runFiles).call(kept, wanted, false);
    const files = kept.state.getFiles().filter((one) => here.includes(one.filepath));
    const tests = [];
    const walk = (task, before) => {
      const name = [...before, task.name];
      if (task.tasks) for (const one of task.tasks) walk(one, name);
      else tests.push([name.join(' > '), { pass: 'passed', fail: 'failed' }[task.result?.state] ?? 'pending']);
    };
    for (const file of files) for (const one of file.tasks) walk(one, [path.relative(process.cwd(), file.filepath)]);
    const failed = kept.state.getUnhandledErrors?.() ?? [];
    return { green: tests.length > 0 && files.every((one) => one.result?.state === 'pass') && failed.length === 0, tests };
  };
}

async function main() {
  const tell = (words) => process.send({ secret: given.secret, ...words });
  const run = await { jest, vitest }[given.name]();
  tell({ ready: true, ...(await run([])) });
  process.on('message', async (changed) => tell(await run(changed)));
}

main().catch((error) => {
  process.send({ secret: given.secret, ready: false, why: String(error).slice(0, 400) });
  process.exit(1);
});
