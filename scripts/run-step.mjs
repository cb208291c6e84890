// One step of a build: a command in a separate process group. When the build is stopped, the whole group ends
// before the step settles.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { endGroup, guardGroup } from './process-group.mjs';

/** Shorter than the grace period of the runner of the tiers, which sends SIGKILL after it. */
const GRACE_MS = 3_000;
/** A process that left the group may keep the pipes open. */
const LAST_LINES_WAIT_MS = 2_000;
const KEPT_CHARACTERS = 4_000;

const stopping = new AbortController();
/** Aborted when the build is stopped; see scripts/run-build.mjs. */
export const buildStop = stopping.signal;

/** @param {Error} reason */
export function stopBuild(reason) {
  stopping.abort(reason);
}

/**
 * @typedef {object} StepOptions
 * @property {string} cwd
 * @property {NodeJS.ProcessEnv} env
 * @property {boolean} [answer] return standard output instead of showing it
 * @property {boolean} [quiet] show no lines
 * @property {AbortSignal} [signal] stops the step; default: the signal of the build
 * @property {NodeJS.Signals} [stopSignal] asks the step to stop; default SIGTERM
 * @property {number} [graceMs] from that signal to SIGKILL
 */

/** A step that did not end with code 0. */
export class StepError extends Error {
  name = 'StepError';
  /**
   * @param {string} message
   * @param {{ output?: string, endedByItself?: boolean, missing?: string }} about `output`: the last lines;
   * `endedByItself`: not by a signal; `missing`: the program that could not be started
   */
  constructor(message, { output = '', endedByItself = true, missing } = {}) {
    super(message);
    this.output = output;
    this.endedByItself = endedByItself;
    this.missing = missing;
  }
}

/**
 * Runs a build step. There is no time limit: the tier that starts the build has one. The lines of the step go
 * to standard error, because standard output is for the result of the build.
 * @param {string} program
 * @param {readonly string[]} args
 * @param {StepOptions} options
 * @returns {Promise<string>} standard output if `answer` is set
 * @throws {StepError} if it does not end with code 0
 */
export async function runStep(program, args, options) {
  const { cwd, env, answer = false, quiet = false, signal = buildStop } = options;
  signal.throwIfAborted();
  const child = spawn(program, args, { cwd, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  const heard = listen(child, { answer, quiet });
  const ended = endOf(child, program);
  if (child.pid === undefined) return ended;
  const stopGuard = guardGroup(child.pid);
  try {
    const stopped = new AbortController();
    const aborted = once(signal, 'abort', { signal: stopped.signal }).catch(() => undefined);
    await Promise.race([ended, aborted]);
    stopped.abort();
    await endGroup(child.pid, { signal: options.stopSignal, graceMs: options.graceMs ?? GRACE_MS });
  } finally {
    stopGuard();
  }
  await heard.closed;
  signal.throwIfAborted();
  const { code, signal: by } = await ended;
  if (code === 0) return heard.answer();
  const why = `${program} ${args.join(' ')} ended with ${by ?? `code ${code}`}`;
  throw new StepError(why, { output: heard.last(), endedByItself: by === null });
}

function endOf(child, program) {
  return new Promise((resolve, reject) => {
    child.once('error', (cause) => {
      const missing = cause.code === 'ENOENT' ? program : undefined;
      reject(new StepError(`cannot start ${program}: ${cause.message}`, { missing }));
    });
    child.once('exit', (code, signal) => resolve({ code, signal }));
  });
}

/** Passes the lines on and keeps the last ones, for the message of a step that fails. */
function listen(child, { answer, quiet }) {
  let last = '';
  let whole = '';
  const show = (chunk) => {
    last = (last + chunk).slice(-KEPT_CHARACTERS);
    if (!quiet) process.stderr.write(chunk);
  };
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8');
  child.stderr.on('data', show);
  child.stdout.on('data', (chunk) => {
    if (answer) whole += chunk;
    else show(chunk);
  });
  const closed = new Promise((resolve) => {
    child.once('close', resolve);
    child.once('exit', () => {
      const late = setTimeout(() => {
        child.stdout.destroy();
        child.stderr.destroy();
      }, LAST_LINES_WAIT_MS);
      child.once('close', () => clearTimeout(late));
    });
  });
  return { closed, last: () => last, answer: () => whole };
}
