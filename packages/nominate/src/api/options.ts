import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import type { Replay } from '../rounds/replay.ts';
import type { StoredRound } from '../rounds/stored.ts';
import type { ProgrammeStore } from '../storage/port.ts';

/** One endpoint of a chain, as the service sees it now. Names are shown to everybody: hosts, without paths or keys. */
export interface EndpointState {
  readonly role: string;
  readonly name: string;
  readonly connected: boolean;
  /** The highest finalised block; null for none yet. */
  readonly height: bigint | null;
  /** When it last answered; null for never. */
  readonly atMs: number | null;
}

/** One source of telemetry. */
export interface FeedState {
  readonly name: string;
  readonly connected: boolean;
  /** Since when it is as `connected` says; null for not known. */
  readonly sinceMs: number | null;
}

export interface ApiOptions {
  readonly store: ProgrammeStore;
  readonly version: string;
  /** Unix milliseconds. */
  readonly clock: () => number;
  readonly upSinceMs: number;
  /** The heading of the pages. */
  readonly title?: string;
  /** What its rules call the programme. */
  readonly programme?: string;
  /** Its facts are played from a file and nothing is sent: every page says so. */
  readonly isRecorded?: boolean;
  readonly endpoints?: () => readonly EndpointState[];
  readonly telemetry?: () => readonly FeedState[];
  /** Computes a stored round again; in this process where none is given, which keeps it busy meanwhile. */
  readonly replay?: (round: StoredRound) => Promise<Replay>;
  readonly log?: Logger;
  /** Series of others, shown by `/metrics` too. */
  readonly register?: Registry;
  readonly limits?: Partial<ApiLimits>;
}

export interface ApiLimits {
  /** A snapshot that is older makes the service unwell. */
  readonly staleAfterMs: number;
  /** For one question to the database. */
  readonly storageTimeoutMs: number;
  /** Requests under way at once; more are told to come back. */
  readonly requests: number;
  /** Rounds that are held decoded. */
  readonly rounds: number;
  /** Replays that wait. One runs at a time. */
  readonly replays: number;
  /** Answers that are held ready, in bytes. */
  readonly answerBytes: number;
}

export const API_LIMITS: ApiLimits = {
  staleAfterMs: 30 * 60_000,
  storageTimeoutMs: 5_000,
  requests: 256,
  rounds: 4,
  replays: 4,
  answerBytes: 32 * 2 ** 20,
};
