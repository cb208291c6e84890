import type { Clock } from '@watchbill/base';
import type { ProgrammeStore } from '../storage/port.ts';
import type { ProgrammeSettings, ProgrammeWorld } from './ports.ts';

/** Something that whoever watches a programme wants to see as it happens. */
export interface JobEvent {
  /** A short code, for programs that read logs. */
  readonly event: 'snapshot' | 'round';
  /** One sentence for people. */
  readonly text: string;
  readonly facts: Readonly<Record<string, string | number | null>>;
}

/** What a job is given: the database, the world, and a way to say how far it is. */
export interface JobContext {
  readonly store: ProgrammeStore;
  readonly world: ProgrammeWorld;
  readonly settings: ProgrammeSettings;
  /** Its wall time is the time of the programme: that of the snapshot, where one is played. */
  readonly clock: Clock;
  /** Ends with the deadline of the job, or when the process stops. */
  readonly signal: AbortSignal;
  /** How far it is, from 0 to 1, and what it is at. */
  readonly progress: (share: number | null, detail: string) => Promise<void>;
  readonly tell: (happening: JobEvent) => void;
}

/** A piece of work that may run again at any time: it reads what it needs from the database, and writes what it found there. */
export interface Job {
  readonly name: string;
  /** From one beginning to the next. */
  readonly everyMs: number;
  readonly deadlineMs: number;
  /** Jobs that go first where both are due. */
  readonly after: readonly string[];
  /** One sentence: what it did. */
  readonly run: (context: JobContext) => Promise<string>;
}
