import type { Clock } from '@watchbill/kit';
import type { Head } from '../header/header.ts';
import { NodeFault } from '../rpc/fault.ts';
import type { NodeRpc } from '../rpc/port.ts';
import {
  type ChoiceRules,
  commonGenesis,
  type EndpointStanding,
  isAgreed,
  judgeEndpoints,
} from './choose.ts';
import { type Endpoint, endpointOf, type Pauses } from './endpoint.ts';
import { type Probe, probe } from './probe.ts';

/** An endpoint of a role, with its state at the last poll. */
export interface Seat {
  readonly endpoint: Endpoint;
  standing: EndpointStanding | 'not-seen';
  head: Head | null;
  headMs: number | null;
  /** Wall time of its last answer to a poll; null if it never answered. */
  answeredMs: number | null;
}

/** A usable endpoint, with its head; a later poll does not change it. */
export interface Fit {
  readonly endpoint: Endpoint;
  readonly head: Head;
  readonly headMs: number | null;
}

export interface SeatRules extends ChoiceRules, Pauses {
  readonly probeTimeoutMs: number;
}

export interface Seats {
  readonly all: readonly Seat[];
  readonly genesis: () => string | null;
  /**
   * Polls all endpoints; returns the fit ones, those with fewer failures first, then in their given order.
   */
  readonly look: () => Promise<readonly Fit[]>;
  /** The first of them whose block is final at more than half of them; null if there is none. */
  readonly agreed: (fit: readonly Fit[]) => Promise<Fit | null>;
  /**
   * A block of one of them was read, while this many were fit: from now on an endpoint below it is behind. If
   * fewer than half of the endpoints could confirm the block, the limit ends when a head would count as old,
   * so that a false head locks the others out for no longer.
   */
  readonly read: (height: number, fit: number) => void;
}

export function seatsOf(
  nodes: readonly NodeRpc[],
  clock: Clock,
  genesis: string | null,
  rules: SeatRules,
): Seats {
  const all = nodes.map(
    (node): Seat => ({
      endpoint: endpointOf(node, clock, rules),
      standing: 'not-seen',
      head: null,
      headMs: null,
      answeredMs: null,
    }),
  );
  let pinnedGenesis = genesis;
  let confirmed = 0;
  let alone = { height: 0, atMs: 0 };
  const seen = (): number =>
    clock.monotonicMs() - alone.atMs > rules.headAgeMs ? confirmed : Math.max(confirmed, alone.height);
  return {
    all,
    genesis: () => pinnedGenesis,
    look: async () => {
      const probes = await Promise.all(all.map(({ endpoint }) => lookAt(endpoint, rules.probeTimeoutMs)));
      pinnedGenesis ??= commonGenesis(probes);
      // If none answers, no chain is needed to judge them.
      const given = { genesis: pinnedGenesis ?? '', seen: seen(), nowMs: clock.nowMs() };
      const judged = judgeEndpoints(probes, given, rules);
      for (const [index, each] of judged.entries()) {
        const answered = each.standing === 'silent' ? {} : { answeredMs: given.nowMs };
        Object.assign(all[index] ?? {}, each, answered);
      }
      return fitOf(all);
    },
    agreed: (fit) => agreed(fit, rules.probeTimeoutMs),
    read: (height, fit) => {
      if (2 * fit > all.length) confirmed = Math.max(confirmed, height);
      else alone = { height: Math.max(seen(), height), atMs: clock.monotonicMs() };
    },
  };
}

function fitOf(all: readonly Seat[]): readonly Fit[] {
  return all
    .flatMap(({ endpoint, standing, head, headMs }) =>
      standing === 'fit' && head !== null ? [{ endpoint, head, headMs }] : [],
    )
    .sort((a, b) => a.endpoint.failures() - b.endpoint.failures());
}

/** An endpoint in its pause is skipped. */
async function lookAt(endpoint: Endpoint, timeoutMs: number): Promise<Probe> {
  if (endpoint.isPaused()) {
    const why = endpoint.lastFailure() ?? 'it failed';
    return { result: 'silent', fault: new NodeFault('unreachable', why) };
  }
  const seen = await probe(endpoint.node, timeoutMs);
  if (seen.result === 'silent') endpoint.failed(seen.fault.message);
  return seen;
}

async function agreed(fit: readonly Fit[], timeoutMs: number): Promise<Fit | null> {
  for (const each of fit) {
    const others = fit.filter((other) => other !== each && other.head.number >= each.head.number);
    const hashes = await Promise.all(
      others.map((other) => hashOf(other.endpoint.node, each.head.number, timeoutMs)),
    );
    if (isAgreed(each.head.hash, hashes, fit.length - 1 - others.length)) return each;
  }
  return null;
}

/** Null if the endpoint does not answer: that is not a disagreement. */
async function hashOf(node: NodeRpc, height: number, timeoutMs: number): Promise<string | null> {
  try {
    const hash = await node.call('chain_getBlockHash', [height], { timeoutMs });
    return typeof hash === 'string' ? hash : null;
  } catch (error) {
    if (error instanceof NodeFault) return null;
    throw error;
  }
}
