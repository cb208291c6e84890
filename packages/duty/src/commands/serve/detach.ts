import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Fault, retry } from '@watchbill/kit';
import { EXIT, type ExitCode } from '@watchbill/kit/command/exit';
import type { Io } from '@watchbill/kit/command/io';
import { ownProgram } from '@watchbill/kit/command/own-program';
import { askReady } from '../../client/ready.ts';
import type { Target } from '../../client/target.ts';

const WAIT_MS = 60_000;
const PAUSE_MS = 250;

/**
 * Starts this command line once more, apart from the terminal, and settles when that service grants; `log` is
 * the file of its log. If it ends before, or Ctrl-C ends it, its words go to standard error, and its exit
 * status is the answer. Throws the fault of `service ready` if it does not grant within a minute; then it
 * runs on.
 */
export async function serveDetached(io: Io, target: Target) {
  const path = join(io.cwd, 'serve.log');
  const log = openSync(path, 'a', 0o600);
  const { size } = fstatSync(log);
  const child = begin(io.cwd, log);
  closeSync(log);
  const over = new AbortController();
  const forget = io.onStopSignal(() => void child.kill('SIGTERM'));
  const ended = once(child, 'exit').then(([code]) => (code || EXIT.fault) as ExitCode);
  try {
    const url = await Promise.race([addressOf(child), ended]);
    if (typeof url === 'string') {
      const at = url.startsWith('unix:') ? target : { ...target, url: new URL(url) };
      const found = await Promise.race([untilReady(io, at, over.signal), ended]);
      if (found === null) return { url, pid: child.pid ?? 0, log: path };
    }
    io.err(readFileSync(path).subarray(size).toString());
    return await ended;
  } finally {
    over.abort();
    forget();
    child.stdout?.destroy();
    child.unref();
  }
}

function begin(cwd: string, log: number): ChildProcess {
  const [program, ...script] = ownProgram();
  const words = process.argv.slice(2).filter((word) => word !== '--detach');
  const all = [...process.execArgv, ...script, ...words];
  return spawn(program, all, { cwd, stdio: ['ignore', 'pipe', log], detached: true });
}

/** In what a service prints when it listens: as JSON, as YAML, and for people. */
const LISTENS = /^(?:\{"url":"|url: )([^"]+)|^ {2}page +(\S+)\/$|^ {2}socket +(\S+)$/;

/** Never settles if the service ends before it listens. */
async function addressOf({ stdout }: ChildProcess): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  createInterface({ input: stdout ?? process.stdin }).on('line', (line) => {
    const [found, json, page, socket] = LISTENS.exec(line) ?? [];
    if (found !== undefined) resolve(json ?? page ?? `unix:${socket}`);
  });
  return promise;
}

/** Null once the service grants. */
async function untilReady({ clock }: Io, target: Target, signal: AbortSignal): Promise<null> {
  const mayPass = (error: unknown) => error instanceof Fault && error.kind === 'unreachable';
  const pauses = { clock, signal, pauseMs: PAUSE_MS, withinMs: WAIT_MS };
  return retry(async () => askReady(target).then(() => null), { ...pauses, mayPass });
}
