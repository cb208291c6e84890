import type { DescMessage, DescMethodUnary, MessageInitShape, MessageShape } from '@bufbuild/protobuf';
import type { Clock } from '@watchbill/kit';
import type { Channel } from '../grpc/channel.ts';
import { RpcError } from '../grpc/rpc-error.ts';
import { StoreFault } from '../port.ts';
import { type Budget, pauses } from './budget.ts';
import type { Channels } from './channels.ts';
import { unansweredFault } from './faults.ts';
import type { Error as RegionError } from './gen/errorpb_pb.js';
import type { Pd } from './pd.ts';
import type { Region } from './region.ts';
import { type Refusal, takeRefusal } from './region-errors.ts';
import type { Regions } from './regions.ts';

/** Dependencies of every call of the store. */
export interface Cluster {
  readonly pd: Pd;
  readonly regions: Regions;
  readonly channels: Channels;
  readonly clock: Clock;
  readonly log: (message: string) => void;
  /** 0 up to 1. */
  readonly spread: () => number;
}

/** The destination of a request: `context` goes into it unchanged. */
export interface Context {
  readonly regionId: bigint;
  readonly regionEpoch: Region['epoch'];
  readonly peer: Region['leader'];
}

/** How one attempt at a region ended. */
export type Attempt<T> =
  | { readonly kind: 'answer'; readonly value: T }
  | ({ readonly kind: 'refused' } & Refusal);

/** A store that does not answer within this time may be cut off; then another peer is asked. */
const ATTEMPT_MS = 700;
const FIRST_PAUSE_MS = 2;
const MAX_PAUSE_MS = 200;

/** Ask the leader of a region once. */
export async function attemptAt<I extends DescMessage, O extends DescMessage>(
  cluster: Cluster,
  region: Region,
  method: DescMethodUnary<I, O>,
  request: (context: Context) => MessageInitShape<I>,
  budget: Budget,
): Promise<Attempt<MessageShape<O>>> {
  const { regions, channels } = cluster;
  const { storeId } = region.leader;
  let channel: Channel | null = null;
  try {
    channel = channels.toStore(await regions.addressOf(storeId, budget));
    const context = { regionId: region.id, regionEpoch: region.epoch, peer: region.leader };
    const value = await channels.call(channel, method, request(context), budget.request(ATTEMPT_MS));
    const { regionError } = value as { readonly regionError?: RegionError };
    if (regionError === undefined) return { kind: 'answer', value };
    return { kind: 'refused', ...takeRefusal(regionError, region, regions) };
  } catch (error) {
    if (error instanceof StoreFault) return notSent(error, region, regions);
    if (!(error instanceof RpcError)) throw error;
    // A caller that gives up gives no information about the store.
    if (!budget.signal.aborted) {
      regions.next(region);
      regions.forgetStore(storeId);
    }
    const fault = unansweredFault(`TiKV at ${channel?.name ?? `store ${storeId}`}`, error);
    return { kind: 'refused', certain: !error.sent, pauseMs: 0, fault, final: fault.code === 'refused' };
  }
}

/** PD did not name the store, so the request was not sent. */
function notSent(fault: StoreFault, region: Region, regions: Regions): Attempt<never> {
  regions.forget(region);
  return { kind: 'refused', certain: true, pauseMs: 0, fault, final: fault.code !== 'unavailable' };
}

/** Work on keys that may lie in several regions. */
export interface Spread<I extends DescMessage, O extends DescMessage> {
  readonly keys: readonly Uint8Array[];
  readonly method: DescMethodUnary<I, O>;
  readonly request: (keys: readonly Uint8Array[], context: Context) => MessageInitShape<I>;
  /** Repeating a request whose answer was lost does no harm. */
  readonly repeatable: boolean;
}

/** The result of some of the keys. */
export type Outcome<T> =
  | { readonly keys: readonly Uint8Array[]; readonly region: Region; readonly ok: true; readonly value: T }
  /** `certain`: the stores did not take it. */
  | {
      readonly keys: readonly Uint8Array[];
      readonly ok: false;
      readonly certain: boolean;
      readonly fault: StoreFault;
    };

/**
 * Send keys to the regions that hold them, side by side, and go on until each has an answer, must not
 * be repeated, or the budget ends. Never throws for a failure of a store.
 */
export async function spreadOver<I extends DescMessage, O extends DescMessage>(
  cluster: Cluster,
  work: Spread<I, O>,
  budget: Budget,
): Promise<Outcome<MessageShape<O>>[]> {
  const pause = pauses(FIRST_PAUSE_MS, MAX_PAUSE_MS, cluster.spread);
  return sendAll(cluster, work, work.keys, budget, { pauseMs: pause, lost: false, tries: 0 });
}

/** The result of the earlier attempts. */
interface Past {
  readonly pauseMs: () => number;
  /** One of them may have been taken. */
  readonly lost: boolean;
  readonly tries: number;
}

async function sendAll<I extends DescMessage, O extends DescMessage>(
  cluster: Cluster,
  work: Spread<I, O>,
  keys: readonly Uint8Array[],
  budget: Budget,
  past: Past,
): Promise<Outcome<MessageShape<O>>[]> {
  let groups: ReadonlyMap<Region, readonly Uint8Array[]>;
  try {
    budget.check();
    groups = await byRegion(cluster, keys, budget);
  } catch (error) {
    if (error instanceof StoreFault) return [{ keys, ok: false, certain: !past.lost, fault: error }];
    throw error;
  }
  const outcomes = await Promise.all(
    [...groups].map(async ([region, some]): Promise<Outcome<MessageShape<O>>[]> => {
      const request = (context: Context) => work.request(some, context);
      const attempt = await attemptAt(cluster, region, work.method, request, budget);
      if (attempt.kind === 'answer') return [{ keys: some, region, ok: true, value: attempt.value }];
      const { certain, fault } = attempt;
      const lost = past.lost || !certain;
      budget.trouble(fault);
      if (attempt.final || (!certain && !work.repeatable))
        return [{ keys: some, ok: false, certain: !lost, fault }];
      // The first time that a store sends the caller elsewhere, no wait is needed.
      const waits = attempt.pauseMs !== null || past.tries > 0;
      if (waits) await budget.pause(Math.max(attempt.pauseMs ?? 0, past.pauseMs()));
      return sendAll(cluster, work, some, budget, { ...past, lost, tries: past.tries + 1 });
    }),
  );
  return outcomes.flat();
}

/** The keys of each region. Throws if PD does not name the regions in time. */
export async function byRegion(
  cluster: Cluster,
  keys: readonly Uint8Array[],
  budget: Budget,
): Promise<ReadonlyMap<Region, readonly Uint8Array[]>> {
  const groups = new Map<Region, Uint8Array[]>();
  for (const key of keys) {
    const region = cluster.regions.known(key) ?? (await cluster.regions.locate(key, budget));
    const group = groups.get(region);
    if (group === undefined) groups.set(region, [key]);
    else group.push(key);
  }
  return groups;
}

/** As {@link spreadOver}, but every key needs its answer; throws the fault. */
export async function answersOf<I extends DescMessage, O extends DescMessage>(
  cluster: Cluster,
  work: Spread<I, O>,
  budget: Budget,
): Promise<Extract<Outcome<MessageShape<O>>, { readonly ok: true }>[]> {
  const outcomes = await spreadOver(cluster, work, budget);
  return outcomes.map((outcome) => {
    if (!outcome.ok) throw budget.signal.aborted ? budget.ending() : outcome.fault;
    return outcome;
  });
}
