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

function judge(files, events, { code, signal, late, output, endedMs }) {
  const none = { passed: 0, failed: 0, skipped: 0, seconds: 0 };
  const results = new Map(files.map((file) => [file, { file: relative(ROOT, file), ...none, failures: [] }]));
  const resultOf = (file) => results.get(file) ?? results.get(files[0]);
  for (const event of events)
    if (event.type === 'ended') count(resultOf(ownerOf(event, files)), event, files);
  const first = resultOf(files[0]);
  const lost = events.flatMap((event) => (event.type === 'lost' ? [event.message] : []));
  const last = events.findLast(({ type }) => type === 'begun' || type === 'ended');
  const failed = () => [...results.values()].some((result) => result.failed > 0);
  if (late) fail(last === undefined ? first : resultOf(last.file), lateText(last));
  else if (signal !== null) fail(first, `the process was ended by ${signal}`);
  else if (code !== 0 && !failed())
    fail(first, `the process ended with code ${code}, although no test failed\n${lost.join('\n')}`);
  if (events.some(({ type }) => type === 'damaged')) fail(first, DAMAGED);
  for (const result of results.values())
    if (result.passed + result.failed + result.skipped === 0) fail(result, noTestText(files));
  const lastMs = events.findLast(({ type }) => type === 'ended')?.atMs ?? endedMs;
  return { files: [...results.values()], output, idleSeconds: (endedMs - lastMs) / 1000 };
}

/** A file that cannot be loaded is an event of `files.mjs`, named after the file. */
const ownerOf = ({ name, file }, files) => (files.includes(name) ? name : file);

function count(result, { name, line, nesting, seconds, failed, failure, skipped, suite }, files) {
  if (nesting === 0) result.seconds += seconds;
  if (suite && !failed) return;
  if (skipped) result.skipped += 1;
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
