import { spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { jsonOrNull } from '@watchbill/kit';
import { z } from 'zod';
import { foundPlaceShape, named, type PlaceAnswer } from './port.ts';

export interface ProgramCommand {
  /** The program and its arguments; no shell. Do not put secrets here. */
  readonly command: readonly string[];
  readonly dir: string;
  /** Time limit of one answer. A program that exceeds it is terminated. */
  readonly timeoutMs: number;
}

export interface Question {
  readonly address: string;
  readonly give: (answer: PlaceAnswer) => void;
}

/** One process of the program, and the questions that it was asked. */
export interface ProgramProcess {
  /** Questions without an answer so far. */
  readonly asked: () => number;
  /** `id`: of no other question. */
  readonly send: (id: number, question: Question) => void;
  /** Ends it. The reason is the answer to its questions. */
  readonly end: (why: string) => void;
}

export interface ProcessEvents {
  /** After each answer, a wrong one too. */
  readonly onAnswer: () => void;
  /** Once, after its questions were answered. */
  readonly onEnd: () => void;
}

const answerShape = z.strictObject({ id: z.int().min(0), place: foundPlaceShape.nullable() });

export function startProgram(
  { command: [command = '', ...args], dir, timeoutMs }: ProgramCommand,
  lineBytes: number,
  { onAnswer, onEnd }: ProcessEvents,
): ProgramProcess {
  const asked = new Map<number, Question & { readonly timer: ReturnType<typeof setTimeout> }>();
  let isOver = false;
  const env = { PATH: process.env.PATH ?? '' };
  const child = spawn(command, args, { cwd: dir, env, stdio: ['pipe', 'pipe', 'ignore'] });

  const settle = (id: number, answer: PlaceAnswer): void => {
    const question = asked.get(id);
    if (question === undefined) return;
    clearTimeout(question.timer);
    asked.delete(id);
    question.give(answer);
  };
  const end = (why: string): void => {
    child.kill('SIGKILL');
    child.stdout.destroy();
    if (isOver) return;
    isOver = true;
    for (const id of [...asked.keys()]) settle(id, { why });
    onEnd();
  };
  const take = (text: string): void => {
    const read = answerShape.safeParse(jsonOrNull(text));
    if (read.success) settle(read.data.id, answerOf(read.data.place, asked.get(read.data.id)?.address ?? ''));
    else settle(idOf(text), { why: 'the answer of the program of places is invalid' });
    onAnswer();
  };
  child.on('error', () => end('the program of places could not be started'));
  child.on('close', () => end('the program of places ended'));
  child.stdin.on('error', () => undefined);
  readLines(child.stdout, lineBytes, {
    line: take,
    tooLong: () => end('the answer of the program of places is too long'),
  });
  return {
    asked: () => asked.size,
    send: (id, question) => {
      const late = `the program of places gave no answer within ${timeoutMs} ms`;
      asked.set(id, { ...question, timer: setTimeout(() => end(late), timeoutMs) });
      child.stdin.write(`${JSON.stringify({ id, address: question.address })}\n`);
    },
    end,
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
