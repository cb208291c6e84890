import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { basename } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { messageOf } from '@watchbill/kit';
import type { Stage } from './stage.ts';

/** From a forked process to the bench: the answer to one message. */
export type Message =
  | { readonly done: true; readonly result: unknown }
  | { readonly done: false; readonly why: string };

/** A process that answers each message with one message. */
export interface ForkedProcess {
  readonly pid: number;
  /** The answer to the first message, which sets the process up. */
  readonly setUp: unknown;
  ask(message: object, timeoutMs: number): Promise<unknown>;
}

/** Fork a file and set it up by a first message. The stage ends the process. `flags`: more, for Node. */
export async function forkOnStage(
  stage: Stage,
  file: URL,
  setUp: object,
  timeoutMs: number,
  flags: readonly string[] = [],
): Promise<ForkedProcess> {
  const path = fileURLToPath(file);
  const execArgv = [...process.execArgv, ...flags];
  const child = fork(path, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'], execArgv });
  await stage.start(Promise.resolve(child), endChild);
  const ask = (message: object, limitMs: number) => askChild(child, basename(path), message, limitMs);
  const answer = await ask(setUp, timeoutMs);
  return { pid: child.pid ?? 0, setUp: answer, ask };
}

/** In a forked process: answer each message of the parent. Ends the process when the parent is gone. */
export function answerParent(answer: (message: unknown) => Promise<unknown>): void {
  process.on('disconnect', () => process.exit(0));
  process.on('message', (message) => {
    void answer(message)
      .then((result): Message => ({ done: true, result }))
      .catch((error: unknown): Message => ({ done: false, why: messageOf(error) }))
      .then((reply) => process.send?.(reply));
  });
}

async function askChild(
  child: ChildProcess,
  file: string,
  message: object,
  timeoutMs: number,
): Promise<unknown> {
  const settled = new AbortController();
  const { signal } = settled;
  try {
    const answered = once(child, 'message', { signal }).then(([answer]) => answer as Message);
    const ended = once(child, 'exit', { signal }).then(() => fail(`${file} ended while it was at work`));
    child.send(message);
    const answer = await within(timeoutMs, file, Promise.race([answered, ended]));
    return answer.done ? answer.result : fail(`${file}: ${answer.why}`);
  } finally {
    settled.abort();
  }
}

/** A program that prints lines, each as the answer to a line or by itself. */
export interface LineProgram {
  readonly pid: number;
  /** Writes a line, unless it is null, and settles to the next one that the program prints. */
  ask(line: string | null, timeoutMs: number): Promise<string>;
}

/** Starts a program by its command line. The stage ends it. `name`: for messages. */
export async function linesOnStage(
  stage: Stage,
  name: string,
  [program = '', ...args]: readonly string[],
): Promise<LineProgram> {
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  await stage.start(Promise.resolve(child), (one) => endChild(one));
  if (child.pid === undefined) fail(`${name} did not start`);
  // Where it has ended, its last line says why.
  child.stdin.on('error', () => undefined);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    pid: child.pid ?? 0,
    ask: async (line, timeoutMs) => {
      if (line !== null) child.stdin.write(`${line}\n`);
      const next = await within(timeoutMs, name, lines.next());
      return next.done === true ? fail(`${name} ended while it was at work`) : next.value;
    },
  };
}

async function within<Result>(timeoutMs: number, name: string, result: Promise<Result>): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const why = new Error(`${name} gave no result within ${timeoutMs} ms`);
    timer = setTimeout(() => reject(why), timeoutMs);
  });
  try {
    return await Promise.race([result, late]);
  } finally {
    clearTimeout(timer);
  }
}

function fail(why: string): never {
  throw new Error(why);
}

/** Ends a process and waits until it is gone; at once where it has ended, or never began. */
export async function endChild(child: ChildProcess, signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill(signal);
  await gone;
}
