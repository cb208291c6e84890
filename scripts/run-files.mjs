// Runs files of node:test, each in its own process with a deadline, and gathers the totals and the failures.

import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { run } from 'node:test';
import { inspect } from 'node:util';
import { ROOT } from './pinned.mjs';

/** @typedef {{ passed: number, failed: number, skipped: number, reports: readonly string[] }} Totals */
/** `idleSeconds`: how long its process was there after its last test had ended.
 * @typedef {{ file: string, seconds: number, idleSeconds: number }} FileTime */

/** Before the deadline of the file, so that a test that never ends is named. */
const TEST_DEADLINE_SHARE = 0.9;
const OUTPUT_LIMIT_LINES = 2_000;
const SEEDED = ['--import', new URL('property-seed.mjs', import.meta.url).href];
/** What a file of tests names that may draw: loading the library costs each process a while. */
const MAY_DRAW = /fast-check|\/testing\/|fixture/;

/**
 * @param {readonly string[]} files absolute paths
 * @param {{ atOnce: number, fileTimeoutMs: number, stop: AbortSignal, print: (text: string) => void }} options
 * @returns {Promise<Totals & { times: readonly FileTime[] }>} times: slowest first
 */
export async function runFiles(files, options) {
  const waiting = [...files];
  const results = [];
  const times = [];
  const worker = async () => {
    for (let file = waiting.shift(); file !== undefined && !options.stop.aborted; file = waiting.shift()) {
      const startedMs = performance.now();
      const result = await runFile(file, options);
      const endedMs = performance.now();
      const idleSeconds = (endedMs - (result.lastMs ?? endedMs)) / 1000;
      times.push({ file: relative(ROOT, file), seconds: (endedMs - startedMs) / 1000, idleSeconds });
      results.push(result);
      for (const report of result.reports) options.print(report);
    }
  };
  await Promise.all(Array.from({ length: options.atOnce }, worker));
  return { ...addUp(results), times: times.sort((a, b) => b.seconds - a.seconds) };
}

/**
 * @param {readonly Totals[]} all
 * @returns {Totals}
 */
export function addUp(all) {
  const sum = (field) => all.reduce((total, one) => total + one[field], 0);
  return {
    passed: sum('passed'),
    failed: sum('failed'),
    skipped: sum('skipped'),
    reports: all.flatMap((one) => one.reports),
  };
}

async function runFile(file, { fileTimeoutMs, stop }) {
  const deadline = AbortSignal.timeout(fileTimeoutMs);
  const seen = {
    file,
    output: [],
    failures: [],
    last: undefined,
    lastMs: undefined,
    tests: 0,
    counts: undefined,
  };
  const events = run({
    files: [file],
    cwd: ROOT,
    concurrency: false,
    timeout: Math.floor(fileTimeoutMs * TEST_DEADLINE_SHARE),
    signal: AbortSignal.any([deadline, stop]),
    execArgv: MAY_DRAW.test(readFileSync(file, 'utf8')) ? SEEDED : [],
  });
  for await (const event of events) note(seen, event);
  if (stop.aborted)
    return { passed: 0, failed: 1, skipped: 0, reports: [`FAILED ${relative(ROOT, file)}: stopped`] };
  if (seen.counts === undefined) seen.failures.push('node:test gave no summary');
  if (seen.tests === 0 && seen.failures.length === 0) seen.failures.push('the file holds no test');
  if (deadline.aborted) seen.failures.push(deadlineText(seen, fileTimeoutMs));
  const { passed = 0, failed = 0, cancelled = 0, skipped = 0, todo = 0 } = seen.counts ?? {};
  const counted = failed + cancelled;
  return {
    passed: seen.tests === 0 ? 0 : passed,
    failed: seen.failures.length === 0 ? counted : Math.max(counted, 1),
    skipped: skipped + todo,
    lastMs: seen.lastMs,
    reports: seen.failures.length === 0 && counted === 0 ? [] : [report(seen)],
  };
}

function note(seen, { type, data }) {
  if (type === 'test:stdout' || type === 'test:stderr') seen.output.push(data.message);
  if (type === 'test:summary' && data.file === undefined) seen.counts = data.counts;
  if (type !== 'test:pass' && type !== 'test:fail') return;
  const isFile = data.name === seen.file;
  if (!isFile) {
    seen.tests += 1;
    seen.last = data.name;
    seen.lastMs = performance.now();
  }
  if (type === 'test:fail') noteFailure(seen, data, isFile);
}

function noteFailure(seen, data, isFile) {
  const { error } = data.details;
  // A suite fails with its tests, and a file that did not end is told by its deadline.
  if (error.failureType === 'subtestsFailed' || error.failureType === 'testAborted') return;
  const where = isFile ? '' : ` (line ${data.line})`;
  const cause = error.cause instanceof Error || typeof error.cause === 'object' ? error.cause : error;
  seen.failures.push(`${isFile ? 'the file itself' : data.name}${where}\n${inspect(cause, { depth: 8 })}`);
}

function deadlineText(seen, fileTimeoutMs) {
  const last = seen.last === undefined ? 'no test ended' : `the last test that ended: ${seen.last}`;
  return (
    `did not end within ${fileTimeoutMs / 1000} s; ${last}.\n` +
    'Something keeps its process alive: a test that waits, or a timer, socket or child left open.'
  );
}

function report(seen) {
  const lines = seen.output.join('').trimEnd().split('\n');
  const dropped = Math.max(lines.length - OUTPUT_LIMIT_LINES, 0);
  const output = lines.slice(dropped).join('\n');
  return [
    `FAILED ${relative(ROOT, seen.file)}`,
    ...seen.failures.map((failure) => indent(`- ${failure}`)),
    ...(output === ''
      ? []
      : [indent(`output of the file${dropped > 0 ? ` (first ${dropped} lines left out)` : ''}:`)]),
    ...(output === '' ? [] : [indent(indent(output))]),
  ].join('\n');
}

function indent(text) {
  return text.replace(/^(?=.)/gm, '  ');
}
