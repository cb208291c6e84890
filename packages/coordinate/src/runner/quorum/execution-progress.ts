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
  /** Stores a report, then sends it. A repeated one is only sent. Throws if it cannot be stored. */
  report(window: bigint, status: string, detail: string): void;
  of(window: bigint): readonly Progress[];
  /** A frame that arrived; answers why it was dropped, or null. Never throws. */
  take(frame: Frame): string | null;
  /** The last connection to a member ended. */
  lost(seat: number): void;
  /**
   * At a new height: repeats reports from time to time, with that height, until the execution expires. Others
   * may have missed them, and see that this member is alive.
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
  const gone = new Set<number>();
  let head = 0n;
  let repeatedAt: bigint | null = null;

  function own(window: bigint): ProgressStatement | null {
    const bytes = kept.progressOf(window).find((progress) => progress.seat === seat)?.bytes;
    const statement = bytes === undefined ? null : decodeProgress(members, domain, verify, bytes);
    return statement === null ? null : { ...statement, height: head };
  }
  const send = (payload: Uint8Array): void => broadcast({ type: PROGRESS_FRAME, payload });

  return {
    report: (window, status, detail) => {
      const before = own(window);
      const sequence = (before?.sequence ?? 0) + 1;
      const next = progressStatement({ window, seat, sequence, status, detail, height: head });
      const isSame = before?.status === next.status && before.detail === next.detail;
      const bytes = encodeProgress(key, domain, isSame ? before : next);
      if (!isSame) kept.putProgress({ window, seat, sequence, bytes });
      send(bytes);
    },
    of: (window) => {
      const mine = own(window);
      const others = [...(heard.get(window)?.values() ?? [])];
      const all = mine === null ? others : [...others, mine];
      return all
        .toSorted((a, b) => a.seat - b.seat)
        .map(({ seat: each, status, detail, height }) => {
          return { seat: each, status, detail, height, isLost: gone.has(each) };
        });
    },
    take: ({ payload }) => {
      const statement = decodeProgress(members, domain, verify, payload);
      if (statement === null) return 'progress-refused';
      if (statement.seat === seat) return 'own-seat';
      const why = remember(heard, statement);
      if (why === null) gone.delete(statement.seat);
      return why;
    },
    lost: (peer) => void gone.add(peer),
    atHeight: (height) => {
      head = height;
      if (repeatedAt !== null && height < repeatedAt + REPEAT_BLOCKS) return;
      repeatedAt = height;
      for (const { window } of kept.unexpired(height)) {
        const mine = own(window);
        if (mine !== null) send(encodeProgress(key, domain, mine));
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
  const { window, seat, sequence, height } = statement;
  const known = heard.get(window)?.get(seat);
  if (
    known !== undefined &&
    (known.sequence > sequence || (known.sequence === sequence && known.height >= height))
  )
    return 'repeated';
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
