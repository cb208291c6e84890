// Runs one search: Spin writes a verifier for the model and its switches, gcc compiles it, and it visits
// every state.

import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { foundBefore, keepFound, searchKey } from './found.mjs';

const SPEC = fileURLToPath(new URL('../../spec/', import.meta.url));
// Only a step that hangs takes so long. A search has the lowest priority, so beside other tests it may take
// ten times as long as by itself.
const COMPILE_TIMEOUT_MS = 10 * 60_000;
const SEARCH_TIMEOUT_MS = 35 * 60_000;
const MEMORY_MB = 2_000;
const LONG_MEMORY_MB = 6_000;
const MAX_OUTPUT_BYTES = 2 ** 20;
/** Far more steps than any run of a model takes. A search that is cut off there proves nothing. */
const MAX_STEPS = 100_000;
/** Bytes of a state of the largest model; Spin's default is 1,024. */
const STATE_BYTES = 1_024;

/**
 * `seen`: the search reached a state that must be reachable. `unfinished`: the search proves nothing.
 * @typedef {'holds' | 'two certificates' | 'signed twice' | 'stuck' | 'seen' | 'granted twice' | 'own ledger'
 *   | 'future granted' | 'word ignored' | 'wrongly explained' | 'denied for good' | 'voter stops'
 *   | 'unfinished'} Found
 */

/**
 * @typedef {object} Configuration
 * @property {string} name
 * @property {string} model the file, relative to spec/
 * @property {readonly string[]} switches of the model; its head explains them
 * @property {Found} expected
 * @property {boolean} isLong only with WATCHBILL_LONG=1
 * @property {boolean} isHashed keeps only a hash of each state, so it takes a few states for others and
 *   does not follow them
 */

/** The assertions of the models, by the name of the variable. @type {Record<string, Found>} */
const BROKEN = {
  twoCertificates: 'two certificates',
  signedTwice: 'signed twice',
  stuck: 'stuck',
  witnessed: 'seen',
  grantedTwice: 'granted twice',
  futureGranted: 'future granted',
  contradictsOwnLedger: 'own ledger',
  wordIgnored: 'word ignored',
  wronglyExplained: 'wrongly explained',
  deniedForGood: 'denied for good',
  voterStops: 'voter stops',
};

/**
 * The result of a search. A search that was cut off at a limit, or that failed, is `unfinished`.
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

/** Runs a program and returns its output. Throws if it fails or takes longer than `timeoutMs`. */
async function run(program, args, cwd, timeoutMs) {
  const options = { cwd, timeout: timeoutMs, killSignal: 'SIGKILL', maxBuffer: MAX_OUTPUT_BYTES };
  try {
    return (await execute(program, args, { ...options, encoding: 'utf8' })).stdout;
  } catch (error) {
    const why = error.killed ? `no end within ${timeoutMs} ms` : `code ${error.code}`;
    throw new Error(`${program} ${args.join(' ')}: ${why}\n${error.stdout ?? ''}${error.stderr ?? ''}`);
  }
}

/**
 * How well gcc optimises. It takes longer over better code than a short search gains by it, above all if the
 * search ends at the first violation.
 */
function optimisationOf(expected, isLong) {
  if (isLong) return '-O2';
  return expected === 'holds' ? '-O1' : '-O0';
}

/**
 * Searches every state of one configuration, unless this machine searched the same verifier before. Throws
 * if spin, gcc or the verifier fails or takes too long.
 * @param {Configuration} configuration
 * @param {{ again?: boolean }} [options] `again`: searches in any case
 * @returns {Promise<{ found: Found, states: number, isKnown: boolean }>}
 */
export async function search({ model, switches, expected, isLong, isHashed }, { again = false } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'watchbill-models-'));
  try {
    const file = join(SPEC, model);
    await run('spin', ['-a', ...switches.map((each) => `-D${each}`), file], folder, COMPILE_TIMEOUT_MS);
    const limits = [`-DMEMLIM=${isLong ? LONG_MEMORY_MB : MEMORY_MB}`, `-DVECTORSZ=${STATE_BYTES}`];
    const kept = isHashed ? '-DHC4' : '-DCOLLAPSE';
    // -w: gcc does not see that Spin checks every index itself.
    const args = [optimisationOf(expected, isLong), '-w', '-DSAFETY', ...limits, kept, '-o', 'pan', 'pan.c'];
    const hashBits = isLong ? 27 : 22;
    const flags = [`-m${MAX_STEPS}`, '-n', `-w${hashBits}`];
    const compiler = await run('gcc', ['--version'], folder, COMPILE_TIMEOUT_MS);
    const key = searchKey(folder, file, [compiler, ...args, ...flags]);
    const known = again ? undefined : foundBefore(key);
    if (known !== undefined) return { ...known, isKnown: true };
    await run('gcc', args, folder, COMPILE_TIMEOUT_MS);
    const result = readSearch(await run(join(folder, 'pan'), flags, folder, SEARCH_TIMEOUT_MS));
    keepFound(key, result);
    return { ...result, isKnown: false };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
