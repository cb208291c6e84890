import { GuardFault } from '../fault.ts';
import { membersOf, stateFile } from '../state-file.ts';

/** Why a guard ended and stays stopped, until a person lifts it. */
export interface Latch {
  /** `unread`: the file cannot be read, and counts as latched. */
  readonly cause: 'clone' | 'offence' | 'rival' | 'unread';
  readonly say: string;
  /** Milliseconds since 1970; 0 if it is not known. */
  readonly atMs: number;
  /** The word of the person who lifted it; null: it holds. */
  readonly lifted: { readonly by: string; readonly reason: string } | null;
}

/** No key of this validator may come back here before a person says so. */
export class StayStopped extends Error {
  readonly why: Latch['cause'];
  readonly latch: LatchFile;
  constructor(latch: LatchFile, why: Latch['cause'], say: string) {
    super(say);
    this.why = why;
    this.latch = latch;
  }
}

/**
 * The durable latch, for example
 * `{"cause":"clone","say":"…","atMs":1795160391000,"lifted":null}` in `latch.json`.
 */
export function latchFile(folder: string) {
  return stateFile<Latch>([folder, 'latch.json'], latchOf, (path) => ({
    ...{ cause: 'unread', say: `${path} cannot be read`, atMs: 0, lifted: null },
  }));
}

function latchOf(value: unknown): Latch | null {
  const { say, atMs, lifted } = membersOf(value);
  const isWhole = typeof say === 'string' && typeof atMs === 'number' && lifted !== undefined;
  return isWhole ? (value as Latch) : null;
}

export type LatchFile = Omit<ReturnType<typeof latchFile>, 'path'>;

/** One sentence: since when the guard stays stopped, and why. */
export function latchSentence({ say, atMs }: Latch): string {
  const since = atMs === 0 ? '' : ` since ${new Date(atMs).toISOString()}`;
  return `the guard stays stopped${since}: ${say}`;
}

/** The fault whose exit status keeps a service manager from starting the guard again. */
export function stoppedFault(latch: Latch): GuardFault {
  const remedy =
    'find the cause first; then lift it: `watchbill guard allow "how you know that it is over"`, and start the unit';
  return new GuardFault('stopped', latchSentence(latch), remedy, undefined, 'stopped');
}
