import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { jsonOrNull } from '@watchbill/base';
import { z } from 'zod';
import { foundPlaceShape, named, type PlaceAnswer, type PlaceSource } from './port.ts';

/** A custom program that looks up places of addresses. */
export interface PlaceProgram {
  /** The program and its arguments; no shell. Do not put secrets here. */
  readonly command: readonly string[];
  readonly dir: string;
  /** Time limit of one answer. A program that exceeds it is terminated. */
  readonly timeoutMs: number;
  readonly nowMs: () => number;
}

export const PROGRAM_LIMITS = {
  /** Concurrent questions to the program. */
  atOnce: 16,
  /** Questions that may wait. */
  waiting: 20_000,
  /** Starts per hour. */
  starts: 4,
  lineBytes: 16_384,
} as const;
const HOUR_MS = 3_600_000;
const CLOSED = 'the program of places was closed';

const answerShape = z.strictObject({ id: z.int().min(0), place: foundPlaceShape.nullable() });

interface Question {
  readonly address: string;
  readonly give: (answer: PlaceAnswer) => void;
}

type Child = ChildProcessByStdio<Writable, Readable, null>;

/**
 * Asks a program. Input: `{"id":1,"address":"203.0.113.7"}`; output: `{"id":1,"place":{…}}` or
 * `{"id":1,"place":null}`; one per line, in any order. The program gets only PATH from the environment. Its
 * error output is not read.
 */
export function programSource(
  setting: PlaceProgram,
  limits: Partial<typeof PROGRAM_LIMITS> = {},
): PlaceSource {
  const { timeoutMs, nowMs } = setting;
  const most = { ...PROGRAM_LIMITS, ...limits };
  const asked = new Map<number, Question & { readonly timer: ReturnType<typeof setTimeout> }>();
  const waiting: Question[] = [];
  let starts: number[] = [];
  let child: Child | null = null;
  let isClosed = false;
  let nextId = 1;

  const settle = (id: number, answer: PlaceAnswer): void => {
    const question = asked.get(id);
    if (question === undefined) return;
    clearTimeout(question.timer);
    asked.delete(id);
    question.give(answer);
  };
  /** Answers the questions of this process with the failure; waiting ones go to the next process. */
  const end = (which: Child, why: string): void => {
    which.kill('SIGKILL');
    which.stdout.destroy();
    if (child !== which) return;
    child = null;
    for (const id of [...asked.keys()]) settle(id, { why });
    pump();
  };
  const giveUp = (why: string): void => {
    for (const { give } of waiting.splice(0)) give({ why });
  };
  const start = (): Child | null => {
    starts = starts.filter((atMs) => nowMs() - atMs < HOUR_MS);
    if (starts.length >= most.starts) return null;
    starts.push(nowMs());
    const [command = '', ...args] = setting.command;
    const env = { PATH: process.env.PATH ?? '' };
    const started = spawn(command, args, { cwd: setting.dir, env, stdio: ['pipe', 'pipe', 'ignore'] });
    started.on('error', () => end(started, 'the program of places could not be started'));
    started.on('close', () => end(started, 'the program of places ended'));
    started.stdin.on('error', () => undefined);
    readLines(started.stdout, most.lineBytes, {
      line: (text) => take(text),
      tooLong: () => end(started, 'the answer of the program of places is too long'),
    });
    return started;
  };
  const take = (text: string): void => {
    const read = answerShape.safeParse(jsonOrNull(text));
    if (read.success) settle(read.data.id, answerOf(read.data.place, asked.get(read.data.id)?.address ?? ''));
    else settle(idOf(text), { why: 'the answer of the program of places is invalid' });
    pump();
  };
  const send = (to: Child, question: Question): void => {
    const id = nextId++;
    const timer = setTimeout(
      () => end(to, `the program of places gave no answer within ${timeoutMs} ms`),
      timeoutMs,
    );
    asked.set(id, { ...question, timer });
    to.stdin.write(`${JSON.stringify({ id, address: question.address })}\n`);
  };
  const pump = (): void => {
    while (waiting.length > 0 && asked.size < most.atOnce) {
      if (!isClosed) child ??= start();
      if (child === null) {
        giveUp(isClosed ? CLOSED : `the program of places was started ${most.starts} times within an hour`);
        return;
      }
      const question = waiting.shift();
      if (question !== undefined) send(child, question);
    }
  };
  const ask = (address: string): Promise<PlaceAnswer> =>
    new Promise((give) => {
      if (waiting.length < most.waiting) waiting.push({ address, give });
      else give({ why: 'too many questions wait for the program of places' });
    });
  return {
    check: async () => undefined,
    lookUp: async (addresses, signal) => {
      signal.throwIfAborted();
      const stop = (): void => giveUp('the caller stopped waiting for the answer');
      signal.addEventListener('abort', stop, { once: true });
      try {
        const answers = addresses.map(async (address) => [address, await ask(address)] as const);
        pump();
        return new Map(await Promise.all(answers));
      } finally {
        signal.removeEventListener('abort', stop);
      }
    },
    close: async () => {
      isClosed = true;
      if (child !== null) end(child, CLOSED);
      giveUp(CLOSED);
    },
  };
}

/** Places are shown publicly, so an answer that contains an address is refused. */
function answerOf(place: z.output<typeof foundPlaceShape> | null, address: string): PlaceAnswer {
  if (place === null) return { why: 'the program of places knows none for its address' };
  const texts = [place.city, place.region, place.provider];
  if (texts.some((text) => text.includes(address)))
    return { why: 'the answer of the program of places is invalid' };
  return { place: named(place) };
}

function idOf(text: string): number {
  const { id } = (jsonOrNull(text) ?? {}) as { readonly id?: unknown };
  return typeof id === 'number' ? id : -1;
}

function readLines(
  stream: Readable,
  most: number,
  told: { readonly line: (text: string) => void; readonly tooLong: () => void },
): void {
  let rest = '';
  stream.setEncoding('utf8');
  stream.on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line.trim() !== '') told.line(line);
    if (rest.length > most) told.tooLong();
  });
}
