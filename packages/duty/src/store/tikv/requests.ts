import type { DescMessage, DescMethodUnary, MessageInitShape, MessageShape } from '@bufbuild/protobuf';
import { type Budget, type Opened, pauses } from '../grpc/budget.ts';
import type { Channel } from '../grpc/channel.ts';
import { RpcError } from '../grpc/rpc-error.ts';
import { StoreFault } from '../port.ts';
import type { Channels } from './channels.ts';
import { unansweredFault } from './faults.ts';
import type { Error as RegionError } from './gen/errorpb_pb.js';
import type { Pd } from './pd.ts';
import type { Region } from './region.ts';
import { type Refusal, takeRefusal } from './region-errors.ts';
import type { Regions } from './regions.ts';

/** Dependencies of every call of the store. */
export interface Cluster extends Opened {
  readonly pd: Pd;
  readonly regions: Regions;
  readonly channels: Channels;
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

/** A store that does not answer within this time may be cut off; then PD is asked for another leader. */
const ATTEMPT_MS = 700;
const FIRST_PAUSE_MS = 2;
const MAX_PAUSE_MS = 200;

/** Work on keys that may lie in several regions. */
export interface Spread<I extends DescMessage, O extends DescMessage> {
  readonly keys: readonly Uint8Array[];
  readonly method: DescMethodUnary<I, O>;
  /** The request for those of the keys that lie in this region. */
  readonly request: (keys: readonly Uint8Array[], context: Context, region: Region) => MessageInitShape<I>;
  /** Repeating a request whose answer was lost does no harm. */
  readonly repeatable: boolean;
}

/** An answer about some of the keys. */
export interface Answered<T> {
  readonly keys: readonly Uint8Array[];
  readonly region: Region;
  readonly ok: true;
  readonly value: T;
}

/** The result of some of the keys. */
export type Outcome<T> =
  | Answered<T>
  /** `certain`: the stores did not take it; for work that may be repeated, not the last time. */
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
  nextPauseMs: () => number = pauses(FIRST_PAUSE_MS, MAX_PAUSE_MS, cluster.spread),
): Promise<Outcome<MessageShape<O>>[]> {
  let groups: ReadonlyMap<Region, readonly Uint8Array[]>;
  try {
    budget.check();
    groups = await byRegion(cluster, work.keys, budget);
  } catch (error) {
    if (!(error instanceof StoreFault)) throw error;
    return [{ keys: work.keys, ok: false, certain: true, fault: error }];
  }
  const outcomes = await Promise.all(
    [...groups].map(async ([region, keys]): Promise<Outcome<MessageShape<O>>[]> => {
      const answer = await attemptAt(cluster, region, { ...work, keys }, budget);
      if ('value' in answer) return [{ keys, region, ok: true, value: answer.value }];
      const { certain, fault, pauseMs } = answer;
      budget.trouble(fault);
      const isFinal = fault.code !== 'unavailable' || (!certain && !work.repeatable);
      if (isFinal) return [{ keys, ok: false, certain, fault }];
      await budget.pause(Math.max(pauseMs, nextPauseMs()));
      return spreadOver(cluster, { ...work, keys }, budget, nextPauseMs);
    }),
  );
  return outcomes.flat();
}

/** The keys of each region. Throws if PD does not name the regions in time. */
async function byRegion(
  cluster: Cluster,
  keys: readonly Uint8Array[],
  budget: Budget,
): Promise<ReadonlyMap<Region, readonly Uint8Array[]>> {
  const groups = new Map<Region, Uint8Array[]>();
  for (const key of keys) {
    const region = await cluster.regions.locate(key, budget);
    const group = groups.get(region);
    if (group === undefined) groups.set(region, [key]);
    else group.push(key);
  }
  return groups;
}

/** Ask the leader of a region once. */
async function attemptAt<I extends DescMessage, O extends DescMessage>(
  { regions, channels }: Cluster,
  region: Region,
  { keys, method, request }: Spread<I, O>,
  budget: Budget,
): Promise<{ readonly value: MessageShape<O> } | Refusal> {
  const { storeId } = region.leader;
  let channel: Channel | null = null;
  try {
    channel = channels.toStore(await regions.addressOf(storeId, budget));
    const context = { regionId: region.id, regionEpoch: region.epoch, peer: region.leader };
    const message = request(keys, context, region);
    const value = await channels.call(channel, method, message, budget.request(ATTEMPT_MS));
    const { regionError } = value as { readonly regionError?: RegionError };
    return regionError === undefined ? { value } : takeRefusal(regionError, region, regions);
  } catch (error) {
    // A caller that gives up gives no information about the store.
    if (!budget.signal.aborted) regions.forget(region);
    // PD did not name the store, so the request was not sent.
    if (error instanceof StoreFault) return { certain: true, pauseMs: 0, fault: error };
    if (!(error instanceof RpcError)) throw error;
    const fault = unansweredFault(`TiKV at ${channel?.name ?? `store ${storeId}`}`, error);
    return { certain: !error.sent, pauseMs: 0, fault };
  }
}

/** As {@link spreadOver}, but every key needs its answer; throws the fault. */
export async function answersOf<I extends DescMessage, O extends DescMessage>(
  cluster: Cluster,
  work: Spread<I, O>,
  budget: Budget,
): Promise<Answered<MessageShape<O>>[]> {
  const outcomes = await spreadOver(cluster, work, budget);
  return outcomes.map((outcome) => {
    if (!outcome.ok) throw budget.faultOf(outcome.fault);
    return outcome;
  });
}
