#!/usr/bin/env node
/**
 * The models of spec/, searched by Spin: the protocol must hold, and every rule left out must show.
 *
 *   node scripts/models.mjs                    all but the long ones, in seconds
 *   node scripts/models.mjs --only TEXT        those whose name holds the text
 *   WATCHBILL_LONG=1 node scripts/models.mjs   the long ones too: minutes, and 6 GB
 *
 * Needs spin and gcc. Ends with 1 when one run found anything else than expected; a control that finds nothing is one.
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';

const MODEL = fileURLToPath(new URL('../spec/quorum/consensus.pml', import.meta.url));
const COMPILE_TIMEOUT_MS = 60_000;
const SEARCH_TIMEOUT_MS = 2 * 60_000;
const LONG_SEARCH_TIMEOUT_MS = 15 * 60_000;
const MEMORY_MB = 2_000;
const LONG_MEMORY_MB = 6_000;
const MAX_OUTPUT_BYTES = 2 ** 20;
/** Far more steps than any run of the model takes; a run that is cut off there is no result. */
const MAX_STEPS = 100_000;

/** @typedef {'holds' | 'two certificates' | 'signed twice' | 'stuck' | 'seen' | 'unfinished'} Found
 * `seen`: a state that must be reachable was reached; `unfinished`: the search says nothing */

/** @typedef {object} Configuration
 * @property {string} name
 * @property {readonly string[]} switches of the model; its head says what they mean
 * @property {Found} expected
 * @property {boolean} [isLong] only with WATCHBILL_LONG=1
 * @property {boolean} [isHashed] of each state only a hash is kept, so a few are taken for others and not followed
 */

/** What the model calls a broken property. @type {Record<string, Found>} */
const BROKEN = {
  twoCertificates: 'two certificates',
  signedTwice: 'signed twice',
  stuck: 'stuck',
  witnessed: 'seen',
};

/** Which rank the liar leads. */
const LIARS = { 'rank 0': 0, 'rank 1': 1, 'rank 2': 2, 'no rank': 9 };

function forEachLiar(name, switches, liars = Object.keys(LIARS)) {
  return liars.map((rank) => ({
    name: `${name}, liar leads ${rank}`,
    switches: [...switches, `LIAR=${LIARS[rank]}`],
    expected: /** @type {Found} */ ('holds'),
  }));
}

/** @type {(name: string, expected: Found, switches: readonly string[]) => Configuration} */
const must = (name, expected, switches) => ({ name, expected, switches });

/** @type {readonly Configuration[]} */
export const CONFIGURATIONS = [
  ...forEachLiar('4 members, 3 ranks', ['R=3']),
  ...forEachLiar('crash between any two steps, 2 ranks', ['R=2', 'FINE'], ['rank 0', 'rank 1', 'no rank']),
  ...forEachLiar('5 members, 2 ranks', ['R=2', 'N=5'], ['rank 0', 'rank 1', 'no rank']),
  ...forEachLiar('progress, liar active', ['R=3', 'PROGRESS'], ['rank 0', 'rank 1', 'no rank']),
  ...forEachLiar(
    'progress, liar silent at last',
    ['R=3', 'PROGRESS', 'SILENT'],
    ['rank 0', 'rank 1', 'no rank'],
  ),
  must('reachable: a certificate in the last rank', 'seen', ['R=3', 'LIAR=0', 'WITNESS=1']),
  must('reachable: a lone lock gives way', 'seen', ['R=3', 'LIAR=0', 'WITNESS=2']),
  must('reachable: certified again in a later rank', 'seen', ['R=3', 'LIAR=0', 'WITNESS=3']),
  must('control: no lock', 'two certificates', ['R=3', 'LIAR=1', 'BREAK_NO_LOCK']),
  must('control: lock not durable', 'two certificates', ['R=3', 'LIAR=1', 'BREAK_LOCK_FORGOTTEN']),
  must('control: quorum one too small', 'two certificates', ['R=3', 'LIAR=1', 'BREAK_SMALL_QUORUM']),
  must('control: no rank in the envelope', 'two certificates', ['R=3', 'LIAR=1', 'BREAK_NO_RANK']),
  must('control: justification not checked', 'two certificates', ['R=3', 'LIAR=1', 'BREAK_UNJUSTIFIED']),
  must('control: claims without prepares count', 'two certificates', [
    'R=3',
    'LIAR=1',
    'BREAK_UNPROVEN_CLAIM',
  ]),
  must('control: any claim instead of the highest', 'two certificates', [
    'R=3',
    'LIAR=1',
    'BREAK_NOT_HIGHEST',
  ]),
  must('control: commit for a rank that was left', 'two certificates', [
    'R=3',
    'LIAR=1',
    'BREAK_LATE_COMMIT',
  ]),
  must('control: f + 1 liars', 'two certificates', ['R=3', 'LIAR=1', 'BREAK_SECOND_LIAR']),
  must('control: sent before it is stored', 'signed twice', [
    'R=2',
    'LIAR=0',
    'FINE',
    'BREAK_SEND_BEFORE_STORE',
  ]),
  must('control: joins without a cursor', 'signed twice', ['R=3', 'LIAR=1', 'BREAK_FRESH_JOINS']),
  must('control: a locked member never yields', 'stuck', [
    'R=3',
    'LIAR=0',
    'PROGRESS',
    'SILENT',
    'BREAK_STUBBORN',
  ]),
  { ...must('long: 4 members, 4 ranks', 'holds', ['R=4', 'LIAR=0']), isLong: true, isHashed: true },
  { ...must('long: crash between any two steps, 3 ranks', 'holds', ['R=3', 'LIAR=0', 'FINE']), isLong: true },
  { ...must('long: 5 members, 3 ranks', 'holds', ['R=3', 'LIAR=0', 'N=5']), isLong: true },
];

/**
 * What a search found. A search that was cut off at a limit, or that failed otherwise, found nothing: `unfinished`.
 * @param {string} output of the verifier
 * @returns {{ found: Found, states: number }}
 */
export function readSearch(output) {
  const states = Number(/^ *([0-9.e+]+) states, stored/m.exec(output)?.[1] ?? 0);
  const errors = /errors: (\d+)/.exec(output)?.[1];
  const broken = /assertion violated +!\((\w+)\)/.exec(output)?.[1];
  if (errors === '1' && broken !== undefined && Object.hasOwn(BROKEN, broken)) {
    return { found: BROKEN[broken], states };
  }
  const isCutOff = /search depth too small|Search not completed|out of memory|memory limit/i.test(output);
  return { found: errors === '0' && !isCutOff && states > 1 ? 'holds' : 'unfinished', states };
}

const execute = promisify(execFile);

/** @param {string} program @param {readonly string[]} args @param {string} cwd @param {number} timeoutMs */
async function run(program, args, cwd, timeoutMs) {
  const options = { cwd, timeout: timeoutMs, killSignal: 'SIGKILL', maxBuffer: MAX_OUTPUT_BYTES };
  try {
    return (await execute(program, args, { ...options, encoding: 'utf8' })).stdout;
  } catch (error) {
    const why = error.killed ? `no end within ${timeoutMs} ms` : `code ${error.code}`;
    throw new Error(`${program} ${args.join(' ')}: ${why}\n${error.stdout ?? ''}${error.stderr ?? ''}`);
  }
}

/** @param {Configuration} configuration @returns {Promise<{ found: Found, states: number }>} */
async function search({ switches, isLong = false, isHashed = false }) {
  const folder = mkdtempSync(join(tmpdir(), 'watchbill-models-'));
  try {
    await run('spin', ['-a', ...switches.map((each) => `-D${each}`), MODEL], folder, COMPILE_TIMEOUT_MS);
    const memory = `-DMEMLIM=${isLong ? LONG_MEMORY_MB : MEMORY_MB}`;
    const kept = isHashed ? '-DHC4' : '-DCOLLAPSE';
    // -w: gcc does not see that Spin checks every index itself.
    // Short searches are over before better code would pay.
    const args = [isLong ? '-O2' : '-O1', '-w', '-DSAFETY', memory, kept, '-o', 'pan', 'pan.c'];
    await run('gcc', args, folder, COMPILE_TIMEOUT_MS);
    const timeoutMs = isLong ? LONG_SEARCH_TIMEOUT_MS : SEARCH_TIMEOUT_MS;
    const hashBits = isLong ? 27 : 22;
    const limits = [`-m${MAX_STEPS}`, '-n', `-w${hashBits}`];
    return readSearch(await run(join(folder, 'pan'), limits, folder, timeoutMs));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @param {readonly Configuration[]} configurations @returns {Promise<number>} how many found anything else than expected */
async function searchAll(configurations) {
  const width = Math.max(...configurations.map(({ name }) => name.length));
  const line = (name, expected, found, states, seconds) =>
    `${name.padEnd(width)}  ${expected.padEnd(16)}  ${found.padEnd(16)}  ${states.padStart(10)}  ${seconds.padStart(7)}`;
  console.log(line('configuration', 'expected', 'found', 'states', 'seconds'));
  let wrong = 0;
  const left = [...configurations];
  const searchNext = async () => {
    const configuration = left.shift();
    if (configuration === undefined) return;
    const startMs = performance.now();
    const { found, states } = await search(configuration);
    const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
    const isWrong = found !== configuration.expected;
    wrong += Number(isWrong);
    const shown = line(configuration.name, configuration.expected, found, String(states), seconds);
    console.log(isWrong ? `${shown}  WRONG` : shown);
    await searchNext();
  };
  // A long search needs the memory for itself.
  const atOnce = configurations.some(({ isLong }) => isLong) ? 1 : Math.min(availableParallelism(), 4);
  await Promise.all(Array.from({ length: atOnce }, searchNext));
  return wrong;
}

async function main() {
  const { values } = parseArgs({ options: { only: { type: 'string', default: '' } } });
  const withLong = process.env.WATCHBILL_LONG === '1';
  const chosen = CONFIGURATIONS.filter(
    ({ name, isLong = false }) => name.includes(values.only) && (withLong || !isLong),
  );
  if (chosen.length === 0) throw new Error(`no configuration has "${values.only}" in its name`);
  const wrong = await searchAll(chosen);
  console.log(`${chosen.length} configurations, ${wrong} not as expected`);
  return wrong === 0 ? 0 : 1;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    process.exitCode = await main();
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}
