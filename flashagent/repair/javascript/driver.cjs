'use strict';
// Runs inside the sandbox with the tree as its folder: writes each candidate, runs the commands, puts the file back.
// In: one JSON value on stdin. Out: one JSON line for each job. Uses nothing but node itself.
const { spawn } = require('node:child_process');
const crypto = require('node:crypto');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const url = require('node:url');

const asked = JSON.parse(fs.readFileSync(0, 'utf8'));
const root = fs.realpathSync(path.resolve(process.cwd(), asked.up));

function kill(pid) {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // nothing of its group is left
  }
}

function used(pid) {
  // CPU seconds of a process that still runs; its name may hold spaces and brackets.
  try {
    const fields = fs.readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ').pop().split(' ');
    return (Number(fields[11]) + Number(fields[12])) / 100;
  } catch {
    return 0;
  }
}

function run(argv, folder, coverage, wanted, seen) {
  return new Promise((resolve) => {
    const said = path.join(folder, 'said');
    const out = fs.openSync(said, 'w');
    const env = { ...process.env, ...(coverage ? { NODE_V8_COVERAGE: coverage } : {}), ...(seen ? { FLASHAGENT_SEEN: seen } : {}) };
    const child = spawn(argv[0], argv.slice(1), { stdio: ['ignore', out, out], detached: true, env });
    fs.closeSync(out);
    const began = Date.now();
    let cpu = 0;
    const watch = setInterval(() => {
      cpu = Math.max(cpu, used(child.pid));
      if (cpu > asked.cpu || Date.now() - began > asked.wall) kill(child.pid);
    }, 30);
    child.on('error', () => {});
    child.on('close', (status) => {
      clearInterval(watch);
      if (child.pid) kill(child.pid);
      const text = fs.readFileSync(said, 'utf8');
      const code = status === null ? 137 : status;
      const good = (text.match(/^ *ok \d+/gm) || []).length;
      resolve({ status: code, seconds: cpu, good, text: wanted === 'all' || (wanted === 'green' && code === 0) ? text.slice(0, 200000) : '' });
    });
  });
}

// A test runner that is kept warm, for the jobs that can do without a process of their own.
class Host {
  constructor() {
    this.folder = fs.mkdtempSync(path.join(os.tmpdir(), 'host-'));
    this.script = path.join(this.folder, 'host.cjs');
    fs.writeFileSync(this.script, asked.host.script);
    this.child = null;
  }

  // The first answer, of the tree as it is; null when the runner cannot be kept warm.
  async start() {
    this.secret = crypto.randomBytes(8).toString('hex');
    const words = JSON.stringify({ ...asked.host, script: '', secret: this.secret });
    const env = { ...process.env, ...Object.fromEntries(asked.host.variables.map((one) => one.split(/=(.*)/s).slice(0, 2))) };
    this.child = spawn(process.execPath, [this.script, words], { stdio: ['ignore', 'ignore', 'ignore', 'ipc'], detached: true, env });
    this.child.on('error', () => {});
    const told = await this.answer(asked.host.startCpu);
    if (!told?.ready) this.end();
    return told?.ready ? told : null;
  }

  async run(changed) {
    this.child.send(changed, () => {});
    const told = await this.answer(asked.host.cpu);
    if (!told) this.end();
    return told;
  }

  // Null for one that ended, or that took too long and is ended.
  answer(limit) {
    const child = this.child;
    const first = used(child.pid);
    const began = Date.now();
    return new Promise((resolve) => {
      const over = (told) => {
        clearInterval(watch);
        child.off('message', heard);
        child.off('close', gone);
        resolve(told && { ...told, seconds: Math.max(0, used(child.pid) - first) });
      };
      const heard = (told) => told?.secret === this.secret && over(told);
      const gone = () => over(null);
      const watch = setInterval(() => {
        if (used(child.pid) - first > limit || Date.now() - began > asked.wall) over(null);
      }, 30);
      child.on('message', heard);
      child.on('close', gone);
    });
  }

  end() {
    if (this.child?.pid) kill(this.child.pid);
    this.child = null;
  }
}

let host = asked.host ? new Host() : null;

async function hosted(one) {
  if (!host.child && !(await host.start())) {
    host = null;
    return null;
  }
  const told = await withFiles(one, () => host.run(one.files.map(([file]) => path.join(root, file))));
  const tests = told?.tests ?? [];
  const good = tests.filter(([, outcome]) => outcome === 'passed').length;
  const result = { status: told ? Number(!told.green) : 137, seconds: told?.seconds ?? 0, good, text: one.text ? JSON.stringify(tests) : '' };
  return { place: one.place, results: [result], lines: {}, seen: '', hosted: true };
}

function painted(source, functions) {
  const ranges = functions.flatMap((one) => one.ranges);
  ranges.sort((a, b) => a.startOffset - b.startOffset || b.endOffset - a.endOffset);
  const ran = new Uint8Array(source.length + 1);
  for (const range of ranges) ran.fill(range.count > 0 ? 1 : 0, range.startOffset, range.endOffset);
  return ran;
}

function lines(folder) {
  const found = {};
  for (const name of fs.readdirSync(folder)) {
    const told = JSON.parse(fs.readFileSync(path.join(folder, name), 'utf8'));
    for (const script of told.result) {
      if (!script.url.startsWith('file://')) continue;
      const file = path.relative(root, url.fileURLToPath(script.url));
      if (file.startsWith('..') || file.split(path.sep).includes('node_modules')) continue;
      const source = fs.readFileSync(path.join(root, file), 'utf8');
      const ran = painted(source, script.functions);
      const numbers = new Set(found[file] || []);
      let at = 0;
      source.split('\n').forEach((line, index) => {
        const first = line.search(/\S/);
        if (first >= 0 && ran[at + first]) numbers.add(index + 1);
        at += line.length + 1;
      });
      found[file] = [...numbers];
    }
  }
  return found;
}

function project() {
  // Size and time of the project's own files: a candidate that changes or deletes one spoils the tree for those after it.
  const found = new Map();
  const pending = [root];
  while (pending.length && found.size < 4000) {
    const folder = pending.pop();
    for (const entry of entries(folder)) {
      const place = path.join(folder, entry.name);
      if (entry.name === 'node_modules' || entry.name === '.git') continue;
      if (entry.isDirectory()) pending.push(place);
      else if (entry.isFile()) found.set(place, marked(place));
    }
  }
  return found;
}

function entries(folder) {
  try {
    return fs.readdirSync(folder, { withFileTypes: true });
  } catch {
    return []; // one that may not be read is not watched
  }
}

function marked(place) {
  try {
    const { size, mtimeMs } = fs.statSync(place);
    return `${size} ${mtimeMs}`;
  } catch {
    return 'gone';
  }
}

async function withFiles(one, work) {
  const kept = one.files.map(([file]) => [file, fs.readFileSync(path.join(root, file))]);
  try {
    for (const [file, text] of one.files) fs.writeFileSync(path.join(root, file), text);
    return await work();
  } finally {
    for (const [file, data] of kept) fs.writeFileSync(path.join(root, file), data);
  }
}

async function apart(one) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'run-'));
  const coverage = one.coverage ? path.join(folder, 'coverage') : '';
  const seen = one.seen ? path.join(folder, 'seen') : '';
  try {
    return await withFiles(one, async () => {
      const results = [];
      for (const argv of one.commands) {
        results.push(await run(argv, folder, coverage, one.text, seen));
        if (results[results.length - 1].status !== 0 && !one.all) break;
      }
      const ran = coverage && fs.existsSync(coverage) ? lines(coverage) : {};
      const words = seen && fs.existsSync(seen) ? fs.readFileSync(seen, 'utf8').slice(0, 2000000) : '';
      return { place: one.place, results, lines: ran, seen: words };
    });
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

async function main() {
  const before = project();
  const began = Date.now();
  for (const one of asked.jobs) {
    if (Date.now() - began > asked.stop) {
      process.stdout.write(`\n${asked.mark}${JSON.stringify({ stopped: true })}\n`);
      break;
    }
    let told;
    try {
      told = (host && one.warm && (await hosted(one))) || (await apart(one));
    } catch (error) {
      told = { place: one.place, results: [{ status: 1, seconds: 0, good: 0, text: String(error) }], lines: {}, seen: '' };
    }
    for (const [file] of one.files) before.delete(path.join(root, file));
    const spoiled = [...before].some(([place, mark]) => marked(place) !== mark);
    process.stdout.write(`\n${asked.mark}${JSON.stringify(told)}\n`);
    if (spoiled) break;
  }
  host?.end();
}

main();
