import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '@watchbill/kit';
import { chopsticksModules, SERVE } from './find.ts';

/** Messages from another chain, for the next block. */
export interface Messages {
  /** From the relay to a parachain. */
  readonly downward: readonly { readonly sentAt: number; readonly msg: string }[];
  /** From parachains to the relay, by the number of the parachain. */
  readonly upward: Readonly<Record<number, readonly string[]>>;
}

export interface ServeOrder {
  readonly genesis: string;
  /** 0 for any free port. */
  readonly port: number;
  readonly blockMode: 'Manual' | 'Instant' | 'Batch';
  readonly offchainWorker: boolean;
}

/** The process of one chain. */
export interface ServingProcess {
  readonly pid: number;
  readonly port: number;
  readonly running: () => boolean;
  /** Its complete output. */
  readonly output: () => string;
  readonly carry: (messages: Messages) => Promise<void>;
  readonly signal: (signal: NodeJS.Signals) => void;
  /** SIGKILL. Settles when the process is gone, and its folder with it. */
  readonly kill: () => Promise<void>;
}

/**
 * Of util-linux: Linux kills the chain when the test process ends, even by SIGKILL. It becomes the program,
 * so the pid stays.
 */
const DIES_WITH_US = ['setpriv', '--pdeathsig', 'KILL', '--'] as const;
/** A start takes 2 to 12 seconds; minutes on an overloaded machine. */
const START_TIMEOUT_MS = 300_000;
const CARRY_TIMEOUT_MS = 120_000;
const KILL_TIMEOUT_MS = 30_000;

type Told = { readonly ready?: { readonly port: number }; readonly id?: number; readonly failed?: string };

/** Starts it and waits until it serves. Otherwise rejects, with everything removed. */
export async function serveChain(order: ServeOrder): Promise<ServingProcess> {
  const modules = chopsticksModules();
  const folder = mkdtempSync(join(tmpdir(), 'watchbill-chopsticks-'));
  const logFile = join(folder, 'chain.log');
  const child = started(logFile);
  const output = (): string => readFileSync(logFile, 'utf8');
  const kill = async (): Promise<void> => {
    await killed(child);
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    child.send({ modules, ...order });
    const { ready, failed } = await nextWord(child, () => true, START_TIMEOUT_MS, 'to start');
    if (ready === undefined) throw new Error(`chopsticks did not start: ${failed}`);
    // chopsticks takes the next port when this one is in use, without a message.
    if (order.port !== 0 && ready.port !== order.port)
      throw new Error(`port ${order.port} is in use: chopsticks took ${ready.port}`);
    return servingProcess(child, ready.port, output, kill);
  } catch (error) {
    const said = output().slice(-2_000);
    await kill();
    throw said === '' ? error : new Error(`${messageOf(error)}\n${said}`, { cause: error });
  }
}

function started(logFile: string): ChildProcess {
  const log = openSync(logFile, 'a');
  const [program, ...rest] = DIES_WITH_US;
  const child = spawn(program, [...rest, process.execPath, '--no-warnings', SERVE], {
    stdio: ['ignore', log, log, 'ipc'],
    env: { ...process.env, LOG_LEVEL: 'error' },
  });
  closeSync(log);
  child.setMaxListeners(64);
  // A message to a process that is just ending fails; its end settles the callers that wait for the answer.
  child.on('error', () => {});
  return child;
}

function servingProcess(
  child: ChildProcess,
  port: number,
  output: () => string,
  kill: () => Promise<void>,
): ServingProcess {
  let last = 0;
  return {
    pid: child.pid ?? 0,
    port,
    running: () => child.exitCode === null && child.signalCode === null,
    output,
    carry: async (messages) => {
      last += 1;
      const id = last;
      child.send({ id, ...messages });
      const { failed } = await nextWord(
        child,
        (word) => word.id === id,
        CARRY_TIMEOUT_MS,
        'to take messages',
      );
      if (failed !== undefined) throw new Error(`chopsticks took no messages: ${failed}`);
    },
    signal: (signal) => void child.kill(signal),
    kill,
  };
}

function nextWord(
  child: ChildProcess,
  wanted: (told: Told) => boolean,
  timeoutMs: number,
  what: string,
): Promise<Told> {
  return new Promise((resolve, reject) => {
    const settle = (action: () => void): void => {
      clearTimeout(timer);
      child.off('message', heard);
      child.off('exit', ended);
      child.off('error', failed);
      action();
    };
    const heard = (told: unknown): void => {
      if (wanted(told as Told)) settle(() => resolve(told as Told));
    };
    const ended = (): void => settle(() => reject(new Error('the process of chopsticks ended')));
    const failed = (error: Error): void => settle(() => reject(error));
    const timer = setTimeout(
      () => settle(() => reject(new Error(`chopsticks took longer than ${timeoutMs} ms ${what}`))),
      timeoutMs,
    );
    child.on('message', heard);
    child.once('exit', ended);
    child.once('error', failed);
  });
}

async function killed(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  const end = new AbortController();
  const late = sleep(KILL_TIMEOUT_MS, 'late', { signal: end.signal }).catch(() => undefined);
  const first = await Promise.race([gone, late]);
  end.abort();
  if (first === 'late') throw new Error(`chopsticks lives on ${KILL_TIMEOUT_MS} ms after SIGKILL`);
}
