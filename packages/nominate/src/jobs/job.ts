import type { Clock } from '@watchbill/kit';
import type { ProgrammeStore } from '../storage/port.ts';
import type { ProgrammeSettings, ProgrammeWorld } from './job-ports.ts';

/** An event for people who watch a programme. */
export interface JobEvent {
  /** A short code, for programs that read logs. */
  readonly event: 'snapshot' | 'round';
  /** One sentence for people. */
  readonly text: string;
  readonly facts: Readonly<Record<string, string | number | null>>;
}

/** The parameters of a job: the database, the world, and a way to report progress. */
export interface JobContext {
  readonly store: ProgrammeStore;
  readonly world: ProgrammeWorld;
  readonly settings: ProgrammeSettings;
  /** Its wall time is the time of the programme: that of the snapshot if a recording is played. */
  readonly clock: Clock;
  /** Aborted at the deadline of the job, or when the process stops. */
  readonly signal: AbortSignal;
  /** Reports progress, from 0 to 1, and the current step. */
  readonly progress: (share: number | null, detail: string) => Promise<void>;
  readonly tell: (happening: JobEvent) => void;
}

/**
 * A task that may run again at any time. It reads its inputs from the database and writes its results there.
 */
export interface Job {
  readonly name: string;
  /** The time between two starts. */
  readonly everyMs: number;
  readonly deadlineMs: number;
  /** Jobs that run first if both are due. */
  readonly after: readonly string[];
  /** The result as one sentence. */
  readonly run: (context: JobContext) => Promise<string>;
}
