import type { Progress } from '../../actions/port.ts';
import type { OperatorKey, PublicIdentity, VerifySignature } from '../../keys/port.ts';
import type { Frame } from '../../transport/port.ts';
import type { StateFolder } from '../records/open.ts';
import {
  decodeProgress,
  encodeProgress,
  PROGRESS_FRAME,
  type ProgressDomain,
  type ProgressStatement,
  progressStatement,
} from './progress-codec.ts';

export interface ProgressParts {
  readonly members: readonly PublicIdentity[];
  readonly domain: ProgressDomain;
  readonly seat: number;
  readonly key: OperatorKey;
  readonly verify: VerifySignature;
  readonly kept: Pick<StateFolder['executions'], 'putProgress' | 'progressOf' | 'unexpired'>;
  readonly broadcast: (frame: Frame) => void;
}

/** The latest report of each member about executions that may still run. */
export interface ExecutionProgress {
  /** Stores a report, then sends it. A repeated report is only sent. Throws if it cannot be stored. */
  report(window: bigint, status: string, detail: string): void;
  of(window: bigint): readonly Progress[];
  /** A frame that arrived; answers why it was dropped, or null. Never throws. */
  take(frame: Frame): string | null;
  /**
   * At a new height: repeats reports from time to time, until the execution expires, because others may have
   * missed them.
   */
  atHeight(height: bigint): void;
}

/** Others get a report at once, or at the next of these heights. */
const REPEAT_BLOCKS = 3n;

/** The most windows with remembered reports, including those that run here. */
const MAX_WINDOWS = 16;

export function executionProgress(parts: ProgressParts): ExecutionProgress {
  const { members, domain, seat, key, verify, kept, broadcast } = parts;
  const heard = new Map<bigint, Map<number, ProgressStatement>>();
  let repeatedAt: bigint | null = null;

  function own(window: bigint): { readonly statement: ProgressStatement; readonly bytes: Uint8Array } | null {
    const bytes = kept.progressOf(window).find((progress) => progress.seat === seat)?.bytes;
    if (bytes === undefined) return null;
    const statement = decodeProgress(members, domain, verify, bytes);
    return statement === null ? null : { statement, bytes };
  }

  return {
    report: (window, status, detail) => {
      const before = own(window);
      const sequence = (before?.statement.sequence ?? 0) + 1;
      const next = progressStatement({ window, seat, sequence, status, detail });
      if (before?.statement.status === next.status && before.statement.detail === next.detail) {
        broadcast({ type: PROGRESS_FRAME, payload: before.bytes });
        return;
      }
      const bytes = encodeProgress(key, domain, next);
      kept.putProgress({ window, seat, sequence, bytes });
      broadcast({ type: PROGRESS_FRAME, payload: bytes });
    },
    of: (window) => {
      const mine = own(window);
      const others = [...(heard.get(window)?.values() ?? [])];
      const all = mine === null ? others : [...others, mine.statement];
      return all
        .toSorted((a, b) => a.seat - b.seat)
        .map((statement) => ({
          seat: statement.seat,
          status: statement.status,
          detail: statement.detail,
        }));
    },
    take: ({ payload }) => {
      const statement = decodeProgress(members, domain, verify, payload);
      if (statement === null) return 'progress-refused';
      if (statement.seat === seat) return 'own-seat';
      return remember(heard, statement);
    },
    atHeight: (height) => {
      if (repeatedAt !== null && height < repeatedAt + REPEAT_BLOCKS) return;
      repeatedAt = height;
      for (const { window } of kept.unexpired(height)) {
        const mine = own(window);
        if (mine !== null) broadcast({ type: PROGRESS_FRAME, payload: mine.bytes });
      }
    },
  };
}

/**
 * Each member has places for the few newest windows that it reported on. So a member that invents windows
 * loses only its own places.
 */
function remember(
  heard: Map<bigint, Map<number, ProgressStatement>>,
  statement: ProgressStatement,
): string | null {
  const { window, seat, sequence } = statement;
  const known = heard.get(window)?.get(seat);
  if (known !== undefined && known.sequence >= sequence) return 'repeated';
  const own = [...heard].filter(([, seats]) => seats.has(seat)).map(([index]) => index);
  const oldest = own.toSorted((a, b) => (a < b ? -1 : 1))[0];
  if (known === undefined && oldest !== undefined && own.length >= MAX_WINDOWS) {
    if (window < oldest) return 'too-old';
    heard.get(oldest)?.delete(seat);
    if (heard.get(oldest)?.size === 0) heard.delete(oldest);
  }
  const seats = heard.get(window) ?? new Map<number, ProgressStatement>();
  heard.set(window, seats.set(seat, statement));
  return null;
}
