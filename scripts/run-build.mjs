// A build script from its start to its end. SIGINT, SIGTERM, SIGHUP and the end of the process that started
// it stop the build, and leave no process of it and no unfinished folder.

import { constants } from 'node:os';
import { faultLine } from './build-fault.mjs';
import { onceOrphaned } from './pinned.mjs';
import { buildStop, stopBuild } from './run-step.mjs';

const SIGNALS = /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']);

/** Why a build was stopped. */
class BuildStopped extends Error {
  name = 'BuildStopped';
  constructor(message, exitCode) {
    super(message);
    this.exitCode = exitCode;
  }
}

/**
 * Runs the main function of a build script and sets the exit code of the process: the result of `main`, 1 if
 * it throws, 128 + the number of the signal if the build was stopped.
 * @param {{ what: string, again: string }} about for messages: the name of the build, the command to run it
 * @param {() => Promise<number | undefined>} main
 */
export async function runBuild({ what, again }, main) {
  const stopListening = stopOnSignals();
  // A closed pipe must not end the process before its folders are removed.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
  try {
    process.exitCode = (await main()) ?? 0;
  } catch (error) {
    process.exitCode = 1;
    if (!buildStop.aborted) process.stderr.write(`${what}: not built: ${faultLine(error, again)}\n`);
  } finally {
    stopListening();
  }
  if (!buildStop.aborted) return;
  process.exitCode = buildStop.reason.exitCode;
  process.stderr.write(`${what}: stopped: ${buildStop.reason.message}. To go on, run: ${again}\n`);
}

function stopOnSignals() {
  const handlers = SIGNALS.map((signal) => {
    const handler = () => stopBuild(new BuildStopped(signal, 128 + constants.signals[signal]));
    process.on(signal, handler);
    return [signal, handler];
  });
  const stopWatching = onceOrphaned(() =>
    stopBuild(new BuildStopped('the process that started it is gone', 128 + constants.signals.SIGTERM)),
  );
  return () => {
    stopWatching();
    for (const [signal, handler] of handlers) process.off(signal, handler);
  };
}
