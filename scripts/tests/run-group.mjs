// Runs files of node:test together in one process with a deadline, and returns what each of them did.

import { mkdtempDisposableSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { ROOT } from '../pinned.mjs';
import { runProcess } from './run-process.mjs';

/** The result of one file. `seconds`: of its tests, or of its process if it ran alone.
 * @typedef {{ file: string, passed: number, failed: number, skipped: number, seconds: number, failures:
 * string[] }} FileResult */

/** @typedef {object} GroupResult
 * @property {readonly FileResult[]} files
 * @property {string} output what the process printed
 * @property {number} idleSeconds how long the process stayed after its last test */

/** From SIGTERM to SIGKILL. */
const TEST_GRACE_MS = 5_000;
/** Before the deadline of the process, so that a test that never ends is named. */
const TEST_DEADLINE_SHARE = 0.9;
const preload = (name) => ['--import', new URL(name, import.meta.url).href];

/**
 * @param {readonly string[]} files absolute paths
 * @param {{ timeoutMs: number, stop: AbortSignal, pure?: boolean }} options `pure`: with the guard
 * of unit tests
 * @returns {Promise<GroupResult>}
 */
export async function runGroup(files, options) {
  const folder = mkdtempDisposableSync(join(tmpdir(), 'watchbill-events-'));
  try {
    const events = join(folder.path, 'events');
    const ended = await runProcess(commandLine(files, events, options), {
      ...options,
      graceMs: TEST_GRACE_MS,
    });
    return judge(files, readEvents(events), ended);
  } finally {
    folder.remove();
  }
}

function commandLine(files, events, { timeoutMs, pure = false }) {
  return [
    ...preload('leash.mjs'),
    ...preload('properties.mjs'),
    ...preload('light-hooks.mjs'),
    ...(pure ? preload('unit-guard.mjs') : []),
    `--test-timeout=${Math.floor(timeoutMs * TEST_DEADLINE_SHARE)}`,
    `--test-reporter=${new URL('events.mjs', import.meta.url).href}`,
    `--test-reporter-destination=${events}`,
    ...(files.length > 1 ? [join(import.meta.dirname, 'files.mjs')] : []),
    ...files,
  ];
}

function readEvents(path) {
  try {
    const text = readFileSync(path, 'utf8');
    // The last line of a process that was killed may be cut.
    return text.split('\n').flatMap((line) => (line.endsWith('}') ? [eventOf(line)] : []));
  } catch (error) {
    if (error.code === 'ENOENT') return [];
    throw error;
  }
}

function eventOf(line) {
  try {
    return JSON.parse(line);
  } catch {
    return { type: 'damaged' };
  }
}

const DAMAGED =
  'another process wrote into the results, perhaps a child that runs the tests too; start it with `execArgv: []`';

const CUT_SHORT = 'the process ended in the middle of a test: something called `process.exit`';
const numberOf = (wanted, events) => events.filter(({ type }) => type === wanted).length;

function judge(files, events, { code, signal, late, output, endedMs }) {
  const results = new Map(files.map((file) => [file, blank(relative(ROOT, file))]));
  const ofProcess = processResult(files, results);
  const resultOf = (event) => results.get(ownerOf(event, files)) ?? ofProcess;
  for (const event of events) if (event.type === 'ended') count(resultOf(event), event, files);
  const lost = events.flatMap((event) => (event.type === 'lost' ? [event.message] : []));
  const last = events.findLast(({ type }) => type === 'begun' || type === 'ended');
  const failed = () => [...results.values()].some((result) => result.failed > 0);
  if (late) fail(last?.type === 'begun' ? resultOf(last) : ofProcess, lateText(last));
  else if (signal !== null) fail(ofProcess, `the process was ended by ${signal}`);
  else if (lost.length > 0 || (code !== 0 && !failed()))
    fail(ofProcess, `the process ended with code ${code}, and not because of a test\n${lost.join('\n')}`);
  else if (numberOf('begun', events) > numberOf('ended', events)) fail(ofProcess, CUT_SHORT);
  if (events.some(({ type }) => type === 'damaged')) fail(ofProcess, DAMAGED);
  for (const result of results.values()) if (isEmpty(result)) fail(result, noTestText(files));
  const lastMs = events.findLast(({ type }) => type === 'ended')?.atMs ?? endedMs;
  const all = new Set(results.values());
  if (!isEmpty(ofProcess)) all.add(ofProcess);
  return { files: [...all], output, idleSeconds: (endedMs - lastMs) / 1000 };
}

/** @returns {FileResult} of a file without a test so far */
const blank = (file) => ({ file, passed: 0, failed: 0, skipped: 0, seconds: 0, failures: [] });
const isEmpty = ({ passed, failed, skipped }) => passed + failed + skipped === 0;

/**
 * For what no file is known to have done. With several files it has no name of a file: to run one of them
 * again, which passes by itself, would show nothing.
 */
function processResult(files, results) {
  const [first] = results.values();
  return files.length === 1 ? first : blank(`the process of ${first.file} and ${files.length - 1} more`);
}

/** A file that cannot be loaded is an event of `files.mjs`, named after the file. */
const ownerOf = ({ name, file }, files) => (files.includes(name) ? name : file);

function count(result, { name, line, nesting, seconds, failed, failure, skipped, suite }, files) {
  if (nesting === 0) result.seconds += seconds;
  if (suite && !failed) return;
  if (skipped && !failed) result.skipped += 1;
  else if (!failed) result.passed += 1;
  else if (failure !== null)
    fail(result, `${files.includes(name) ? 'the file itself' : `${name} (line ${line})`}\n${failure}`);
}

function fail(result, text) {
  result.failed += 1;
  result.failures.push(text);
}

function lateText(last) {
  const where = last === undefined ? 'no test began' : `the last test that ${last.type}: ${last.name}`;
  return `did not end within its time; ${where}.\nA test waits, or left a timer, a socket or a child open.`;
}

function noTestText(files) {
  return files.length === 1
    ? 'the file holds no test'
    : 'the file has no test; if a helper makes its tests, name the file in ALONE of scripts/tests/tiers.mjs';
}
