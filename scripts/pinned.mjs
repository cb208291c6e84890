// The Node that the repository is pinned to, and how to run something under it.
// Plain JavaScript for Node 20 and later: it runs before anything is installed.

import { spawn } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';

const PARENT_CHECK_MS = 500;

/** The folder of the repository, without a slash at the end. */
export const ROOT = fileURLToPath(new URL('..', import.meta.url)).replace(/[/\\]$/, '');

/** The pinned Node; `setUp` puts it there. */
export const PINNED_NODE = fileURLToPath(new URL('../node_modules/node/bin/node', import.meta.url));

/**
 * Runs a command in the foreground with this process's terminal and passes signals on to it.
 * Gives the exit code, 128 + the signal's number when a signal ended it.
 * @param {string} command
 * @param {readonly string[]} args
 * @returns {Promise<number>}
 */
export function runInForeground(command, args) {
  const child = spawn(command, args, { stdio: 'inherit' });
  const stopForwarding = forwardSignals(child);
  return new Promise((resolve, reject) => {
    child.once('error', (cause) => {
      stopForwarding();
      reject(new Error(`cannot start ${command}: ${cause.message}`, { cause }));
    });
    child.once('close', (code, signal) => {
      stopForwarding();
      resolve(signal === null ? (code ?? 1) : 128 + (constants.signals[signal] ?? 0));
    });
  });
}

/** Passes signals on to a child until the returned function is called. */
function forwardSignals(child) {
  // A terminal sends Ctrl-C to the child itself: sent twice, it would read as "stop at once".
  const fromTerminal = process.stdin.isTTY === true;
  const handlers = ['SIGINT', 'SIGTERM', 'SIGHUP'].map((signal) => {
    const handler = () => {
      if (signal !== 'SIGINT' || !fromTerminal) child.kill(signal);
    };
    process.on(signal, handler);
    return [signal, handler];
  });
  const stopWatching = onceAbandoned(() => child.kill('SIGTERM'));
  return () => {
    stopWatching();
    for (const [signal, handler] of handlers) process.off(signal, handler);
  };
}

/**
 * Calls back once when npm, which started this process, is gone. npm starts scripts through a shell, and a
 * signal sent to npm ends that shell without reaching what it started.
 * @param {() => void} callback
 * @returns {() => void} stops watching
 */
export function onceAbandoned(callback) {
  return process.env.npm_lifecycle_event === undefined ? () => {} : onceOrphaned(callback);
}

/** The same for any process that started this one. A parent that is ended by SIGKILL sends no signal. */
export function onceOrphaned(callback) {
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    callback();
  }, PARENT_CHECK_MS).unref();
  return () => clearInterval(timer);
}

/** The folder of modules may be a link: then the program is the same under two names. */
function isPinned() {
  if (process.execPath === PINNED_NODE) return true;
  return existsSync(PINNED_NODE) && realpathSync(PINNED_NODE) === process.execPath;
}

/**
 * Runs the script at `url` again under the pinned Node, unless it runs there already.
 * Returns only in the second case; otherwise the process ends with the code of the second run.
 * @param {string} url `import.meta.url` of the script
 */
export async function underPinnedNode(url) {
  if (isPinned()) return;
  const code = await runInForeground(PINNED_NODE, [fileURLToPath(url), ...process.argv.slice(2)]);
  process.exit(code);
}
