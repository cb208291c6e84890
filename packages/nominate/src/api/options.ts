import type { Logger } from 'pino';
import { OLDEST_HEAD_MS } from '../rounds/heads.ts';
import type { Replay } from '../rounds/replay.ts';
import type { StoredRound } from '../rounds/stored.ts';
import type { ProgrammeStore } from '../storage/port.ts';

/** One endpoint of a chain, as the service sees it now. Names are public: hosts, without paths or keys. */
export interface EndpointState {
  readonly role: string;
  readonly name: string;
  readonly connected: boolean;
  /** The highest finalised block; null for none yet. */
  readonly height: bigint | null;
  /** The time of its last answer; null if it never answered. */
  readonly atMs: number | null;
}

/** One source of telemetry. */
export interface FeedState {
  readonly name: string;
  readonly connected: boolean;
  /** Since when `connected` has had its value; null if unknown. */
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
  /** The name of the programme in its rules. */
  readonly programme?: string;
  /** The facts come from a recorded file and transactions are not sent: every page says so. */
  readonly isRecorded?: boolean;
  readonly endpoints?: () => readonly EndpointState[];
  readonly telemetry?: () => readonly FeedState[];
  /**
   * Computes a stored round again. The default does so in this process, which blocks other requests while it
   * runs.
   */
  readonly replay?: (round: StoredRound) => Promise<Replay>;
  readonly log?: Logger;
  readonly limits?: Partial<ApiLimits>;
}

export interface ApiLimits {
  /** If the newest snapshot is older, the service is not healthy. */
  readonly staleAfterMs: number;
  /** If a head of the newest snapshot is older, the service is not healthy; null for no bound. */
  readonly oldestHeadMs: number | null;
  /** Deadline of one database query. */
  readonly storageTimeoutMs: number;
  /** Concurrent requests; further ones get 503 with a time to retry. */
  readonly requests: number;
  /** Decoded rounds in the cache. */
  readonly rounds: number;
  /** Replays that may wait; one runs at a time. */
  readonly replays: number;
  /** Size of the cache of answers, in bytes. */
  readonly answerBytes: number;
  /** Concurrent downloads of large documents; further ones get 503 with a time to retry. */
  readonly downloads: number;
  /** Size of the cache of compressed documents, in bytes. */
  readonly documentBytes: number;
  /** A reader that has not taken its answer by then is disconnected. */
  readonly sendMs: number;
}

export const API_LIMITS: ApiLimits = {
  staleAfterMs: 30 * 60_000,
  oldestHeadMs: OLDEST_HEAD_MS,
  storageTimeoutMs: 5_000,
  requests: 256,
  rounds: 4,
  replays: 4,
  answerBytes: 32 * 2 ** 20,
  downloads: 16,
  documentBytes: 32 * 2 ** 20,
  sendMs: 120_000,
};
