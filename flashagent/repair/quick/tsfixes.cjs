'use strict';
// Runs inside the sandbox in the check's folder: asks the project's own TypeScript what it would change to answer its errors.
// Argument: JSON of { files, most, large, seconds, mark }; files are relative to the folder, none means all of the project. Changes nothing.
// Out: one JSON line behind the mark: [{ code, message, fixes: [{ name, how, changes: [{ file, edits: [[start, was, text]] }] }] }].
const path = require('node:path');
const { createRequire } = require('node:module');

const given = JSON.parse(process.argv[1]);
const began = Date.now();
const folder = process.cwd();
let ts;
try {
  ts = createRequire(path.join(folder, 'package.json'))('typescript');
} catch {
  process.exit(0);
}
const found = ['tsconfig.json', 'jsconfig.json'].map((name) => ts.findConfigFile?.(folder, ts.sys.fileExists, name)).find(Boolean);
if (!found || !ts.createLanguageService) process.exit(0);
const config = ts.parseJsonConfigFileContent(ts.readConfigFile(found, ts.sys.readFile).config, ts.sys, path.dirname(found));
if (!given.files.length && config.fileNames.length > given.large) process.exit(0); // to look at all of it would take too long
const texts = new Map();
const versions = new Map();
const chosen = given.files.map((file) => path.resolve(folder, file));
const names = [...new Set([...config.fileNames, ...chosen])];

function text(file) {
  if (!texts.has(file)) texts.set(file, ts.sys.readFile(file));
  return texts.get(file);
}

const service = ts.createLanguageService({
  getCompilationSettings: () => ({ ...config.options, noEmit: true, incremental: false, composite: false }),
  getScriptFileNames: () => names,
  getScriptVersion: (file) => String(versions.get(file) ?? 0),
  getScriptSnapshot: (file) => (text(file) === undefined ? undefined : ts.ScriptSnapshot.fromString(text(file))),
  getCurrentDirectory: () => folder,
  getDefaultLibFileName: (options) => ts.getDefaultLibFilePath(options),
  fileExists: ts.sys.fileExists,
  readFile: ts.sys.readFile,
  readDirectory: ts.sys.readDirectory,
  directoryExists: ts.sys.directoryExists,
  getDirectories: ts.sys.getDirectories,
  realpath: ts.sys.realpath,
});

const late = () => Date.now() - began > given.seconds * 1000;
const words = (one) => `${one.code} ${ts.flattenDiagnosticMessageText(one.messageText, ' ')}`;

function errors(file) {
  const every = [...service.getSyntacticDiagnostics(file), ...service.getSemanticDiagnostics(file)];
  return every.filter((one) => one.category === ts.DiagnosticCategory.Error && one.start !== undefined);
}

function show(file, value) {
  texts.set(file, value);
  versions.set(file, (versions.get(file) ?? 0) + 1);
}

function applied(value, changes) {
  return [...changes].sort((a, b) => b.span.start - a.span.start).reduce(
    (now, { span, newText }) => now.slice(0, span.start) + newText + now.slice(span.start + span.length), value);
}

function counted(list) {
  const counts = new Map();
  for (const one of list) counts.set(words(one), (counts.get(words(one)) ?? 0) + 1);
  return counts;
}

// A name that is not known hides what is wrong behind it.
const HIDING = [2304, 2305, 2307, 2503, 2552, 2724];

// Whether the complaint is gone with the fix, and none came that was not there, or only what it hid.
function answers(file, error, fix, before) {
  if (fix.commands?.length || fix.changes.some((one) => one.isNewFile || text(one.fileName) === undefined)) return false;
  const kept = fix.changes.map((one) => [one.fileName, text(one.fileName)]);
  for (const one of fix.changes) show(one.fileName, applied(text(one.fileName), one.textChanges));
  const after = counted(errors(file));
  for (const [name, value] of kept) show(name, value);
  const known = counted(before);
  if ((after.get(words(error)) ?? 0) >= known.get(words(error))) return false;
  const total = [...after.values()].reduce((sum, count) => sum + count, 0);
  return [...after].every(([key, count]) => count <= (known.get(key) ?? 0)) || (HIDING.includes(error.code) && total <= before.length);
}

// An import that nothing uses, where nothing else is wrong that may have meant it.
function idle(file, error, before) {
  const unused = [6133, 6192, 6196, 6198];
  const around = service.getProgram().getSourceFile(file).statements.find((one) => one.pos <= error.start && error.start < one.end);
  return ts.isImportDeclaration(around ?? {}) && before.every((one) => unused.includes(one.code));
}

// The quotes of the file, or of the first one that has any.
function quotes(file) {
  const said = [file, ...names].map((one) => /from (['"])/.exec(text(one) ?? '')?.[1]).find(Boolean);
  return said === '"' ? 'double' : 'single';
}

function asked(file, error, before) {
  const value = text(file);
  const format = {
    ...ts.getDefaultFormatCodeSettings?.(value.includes('\r\n') ? '\r\n' : '\n'), convertTabsToSpaces: !/^\t/m.test(value),
    indentSize: /^ {2}\S/m.test(value) ? 2 : 4, semicolons: /;\s*$/m.test(value) || !value.trim() ? 'insert' : 'remove',
  };
  const wishes = { quotePreference: quotes(file), allowTextChangesInNewFiles: false };
  return service.getCodeFixesAtPosition(file, error.start, error.start + error.length, [error.code], format, wishes)
    .filter((fix) => answers(file, error, fix, before))
    .map((fix) => ({
      name: fix.fixName === 'unusedIdentifier' && idle(file, error, before) ? 'unusedImport' : fix.fixName,
      how: fix.description,
      changes: fix.changes.map((one) => ({
        file: path.relative(folder, one.fileName),
        edits: one.textChanges.map(({ span, newText }) => [span.start, text(one.fileName).slice(span.start, span.start + span.length), newText]),
      })),
    }));
}

const told = [];
const files = chosen.length ? chosen : names.filter((file) => !file.includes('/node_modules/') && !/\.d\.[cm]?ts$/.test(file));
for (const file of files) {
  if (late() || told.length >= given.most || text(file) === undefined) continue;
  const before = errors(file);
  for (const error of before.slice(0, given.most)) {
    if (late()) break;
    told.push({ file: path.relative(folder, file), code: error.code, message: ts.flattenDiagnosticMessageText(error.messageText, ' '), fixes: asked(file, error, before) });
  }
}
process.stdout.write(`\n${given.mark}${JSON.stringify(told)}\n`);
