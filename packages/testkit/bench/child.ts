import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { basename } from 'node:path';
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

/** Fork a file and set it up by a first message. The stage ends the process. */
export async function forkOnStage(
  stage: Stage,
  file: URL,
  setUp: object,
  timeoutMs: number,
): Promise<ForkedProcess> {
  const path = fileURLToPath(file);
  const child = fork(path, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
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
    const late = new Promise<never>((_, reject) => {
      const timer = setTimeout(
        () => reject(new Error(`${file} gave no result within ${timeoutMs} ms`)),
        timeoutMs,
      );
      signal.addEventListener('abort', () => clearTimeout(timer));
    });
    child.send(message);
    const answer = await Promise.race([answered, ended, late]);
    return answer.done ? answer.result : fail(`${file}: ${answer.why}`);
  } finally {
    settled.abort();
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
