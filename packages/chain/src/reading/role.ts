import { type Clock, growingMs } from '@watchbill/kit';
import { runtimeViews } from '../extrinsics/runtime-view.ts';
import { NodeFault } from '../rpc/fault.ts';
import type { NodeRpc } from '../rpc/port.ts';
import type { ChoiceRules, EndpointStanding } from './choose.ts';
import type { CallCounts } from './count.ts';
import type { Endpoint, Pauses } from './endpoint.ts';
import { BATCH_LIMITS, type BatchLimits } from './query.ts';
import { type PinnedReader, pinnedReader } from './reader.ts';
import { type Fit, type Seat, seatsOf } from './seats.ts';

/** Bounds of reading through the endpoints of a role. */
export interface RoleLimits extends ChoiceRules, Pauses {
  readonly probeTimeoutMs: number;
  readonly callTimeoutMs: number;
  /** Of a whole read, through one endpoint. */
  readonly readTimeoutMs: number;
  /** How many endpoints may fail a read before it fails. */
  readonly attempts: number;
  readonly batch: BatchLimits;
}

export const ROLE_LIMITS: RoleLimits = {
  lagBlocks: 20,
  headAgeMs: 10 * 60_000,
  firstPauseMs: 1_000,
  longestPauseMs: 60_000,
  probeTimeoutMs: 5_000,
  callTimeoutMs: 60_000,
  readTimeoutMs: 300_000,
  attempts: 4,
  batch: BATCH_LIMITS,
};

export interface RoleOptions {
  /** The endpoints, the preferred one first. */
  readonly nodes: readonly NodeRpc[];
  readonly clock: Clock;
  /** Hash of block 0; null takes the hash of most endpoints at the first answers, and keeps it. */
  readonly genesis: string | null;
  readonly limits?: Partial<RoleLimits>;
}

/** The result of a read, and its block. */
export type PinnedOutcome<Value> =
  | {
      readonly ok: true;
      readonly value: Value;
      readonly endpoint: string;
      readonly block: PinnedReader['block'];
      readonly runtime: PinnedReader['runtime'];
      /** The block's own time in Unix milliseconds; null if the chain has none. */
      readonly blockMs: number | null;
      readonly counts: CallCounts;
    }
  | { readonly ok: false; readonly code: ReadFailure; readonly why: string };

/**
 * `no-endpoint`: none is fit. `disagree`: the fit ones have different blocks as final. `failed`: the read
 * failed at every endpoint that was tried.
 */
export type ReadFailure = 'no-endpoint' | 'disagree' | 'failed';

export interface EndpointHealth {
  readonly address: string;
  readonly standing: EndpointStanding | 'not-seen';
  readonly finalized: number | null;
  /** Wall time of its last answer to a poll; null if it never answered. */
  readonly answeredMs: number | null;
  readonly failures: number;
  readonly lastFailure: string | null;
}

/** The endpoints of one role. One read sees one block of one endpoint, from its first answer to its last. */
export interface RoleEndpoints {
  /**
   * Runs `read` on the newest agreed block. If an endpoint fails, runs it again from the beginning on another
   * one. Rejects only with errors of `read`.
   */
  readonly readPinned: <Value>(
    read: (reader: PinnedReader) => Promise<Value>,
  ) => Promise<PinnedOutcome<Value>>;
  /** From the last poll. */
  readonly health: () => readonly EndpointHealth[];
  readonly genesis: () => string | null;
  readonly close: () => void;
}

export function roleEndpoints({ nodes, clock, genesis, limits: given = {} }: RoleOptions): RoleEndpoints {
  const limits = { ...ROLE_LIMITS, ...given };
  const views = runtimeViews();
  const seats = seatsOf(nodes, clock, genesis, limits);

  async function readPinned<Value>(
    read: (reader: PinnedReader) => Promise<Value>,
  ): Promise<PinnedOutcome<Value>> {
    let last = '';
    for (let attempt = 0; attempt < limits.attempts; attempt += 1) {
      const fit = await seats.look();
      if (fit.length === 0) {
        const pausing = seats.all.some(({ standing }) => standing === 'silent');
        if (!pausing || attempt + 1 === limits.attempts)
          return { ok: false, code: 'no-endpoint', why: whyNone(seats.all, last) };
        await clock.sleep(growingMs(attempt, limits.firstPauseMs, limits.longestPauseMs));
        continue;
      }
      const chosen = await seats.agreed(fit);
      if (chosen === null) return { ok: false, code: 'disagree', why: whyDisagree(fit) };
      try {
        const timeoutMs = deadline(chosen.endpoint, clock, limits);
        const outcome = await readFrom(chosen, { views, limits: limits.batch, timeoutMs }, read);
        seats.read(chosen.head.number, fit.length);
        return outcome;
      } catch (error) {
        if (!(error instanceof NodeFault)) throw error;
        last = error.message;
        chosen.endpoint.failed(error.message);
      }
    }
    return { ok: false, code: 'failed', why: `${limits.attempts} tries failed, the last one since ${last}` };
  }

  return {
    readPinned,
    health: () => seats.all.map(healthOf),
    genesis: seats.genesis,
    close: () => {
      for (const { endpoint } of seats.all) endpoint.node.close();
    },
  };
}

/** Reads at the head of the chosen endpoint. Rejects with a {@link NodeFault} if it stops answering. */
async function readFrom<Value>(
  { endpoint, head, headMs }: Fit,
  options: Parameters<typeof pinnedReader>[2],
  read: (reader: PinnedReader) => Promise<Value>,
): Promise<PinnedOutcome<Value>> {
  const reader = await pinnedReader(endpoint.node, head, options);
  const value = await read(reader);
  endpoint.served();
  const { block, runtime } = reader;
  return {
    ok: true,
    value,
    endpoint: reader.endpoint,
    block,
    runtime,
    blockMs: headMs,
    counts: reader.counts(),
  };
}

/** The longest time for the next call of a read, so that the whole read ends in time. */
function deadline(endpoint: Endpoint, clock: Clock, limits: RoleLimits): () => number {
  const endsMs = clock.monotonicMs() + limits.readTimeoutMs;
  return () => {
    const leftMs = endsMs - clock.monotonicMs();
    if (leftMs <= 0)
      throw new NodeFault('timeout', `${endpoint.node.address} needs more than ${limits.readTimeoutMs} ms`);
    return Math.min(leftMs, limits.callTimeoutMs);
  };
}

function healthOf({ endpoint, standing, head, answeredMs }: Seat): EndpointHealth {
  return {
    address: endpoint.node.address,
    standing,
    finalized: head?.number ?? null,
    answeredMs,
    failures: endpoint.failures(),
    lastFailure: endpoint.lastFailure(),
  };
}

function whyNone(seats: readonly Seat[], last: string): string {
  if (seats.length === 0) return 'no endpoint is configured';
  const each = seats.map(({ endpoint, standing }) => {
    const failure = standing === 'silent' ? endpoint.lastFailure() : null;
    return `${endpoint.node.address} is ${standing}${failure === null ? '' : ` (${failure})`}`;
  });
  return `no endpoint can be read: ${each.join('; ')}${last === '' ? '' : `; before that: ${last}`}`;
}

function whyDisagree(fit: readonly Fit[]): string {
  const each = fit.map(({ endpoint, head }) => `${endpoint.node.address}: ${head.number} ${head.hash}`);
  return `the endpoints report different blocks as final: ${each.join('; ')}`;
}
