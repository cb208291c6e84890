import { growingMs } from '@watchbill/kit';
import { CONNECT_MS } from '../grpc/channel.ts';
import type { Watch, WatchHandlers } from '../port.ts';
import { checkPrefix } from '../shared/checks.ts';
import { runningWatch } from '../shared/running-watch.ts';
import type { Context } from './call.ts';
import { callMember } from './call-member.ts';
import type { Failure } from './faults.ts';
import { Event_EventType } from './gen/mvccpb_pb.js';
import type { WatchResponse } from './gen/rpc_pb.js';
import type { Member } from './members.ts';
import { recordRange } from './operations.ts';
import { streamed } from './watch-stream.ts';

const FIRST_PAUSE_MS = 50;
const MAX_PAUSE_MS = 1_000;

/** The state that a watch carries from one stream to the next. */
interface Following {
  /** First revision not yet reported; 0 before the first stream: from now on. */
  nextRevision: bigint;
  clusterId: bigint | null;
  /** Changes may have been missed: report that as soon as the next stream is ready. */
  resync: boolean;
  ready: () => void;
}

/** One watch, over all its streams. */
interface Watching {
  readonly context: Context;
  readonly prefix: string;
  readonly handlers: WatchHandlers;
  readonly following: Following;
  /** Aborted by `stop`, or by closing the store. */
  readonly ended: AbortSignal;
}

/**
 * Follow the changes under a prefix over one stream, and over the next one from the point of its end. Ends
 * only by `stop`, by closing the store, or by a refusal before it was ever ready.
 */
export function openWatch(context: Context, prefix: string, handlers: WatchHandlers): Watch {
  checkPrefix(prefix);
  const following: Following = { nextRevision: 0n, clusterId: null, resync: false, ready: () => {} };
  // Also between two streams: the next one would wait for a revision that lies in the future of the restored
  // cluster.
  const stopListening = context.progress.onStepBack(() => startAnew(following));
  const begin = (guarded: WatchHandlers, ended: AbortSignal, ready: () => void): Promise<void> => {
    following.ready = ready;
    return follow({ context, prefix, handlers: guarded, following, ended });
  };
  return runningWatch(context, handlers, begin, stopListening);
}

async function follow(watching: Watching): Promise<void> {
  const { context, prefix, following, ended } = watching;
  const tried = new Set<Member>();
  let failures = 0;
  while (!ended.aborted) {
    const member = context.members.pick(tried);
    const failure = await oneStream(watching, member, () => {
      if (failures > 0) context.log(`watch of "${prefix}" at ${member.name} is open again`);
      failures = 0;
      tried.clear();
    });
    if (ended.aborted) return;
    const isFirst = following.nextRevision === 0n && !following.resync;
    if (failure.fault.code === 'refused' && !failure.transient && isFirst) throw failure.fault;
    const text = `watch of "${prefix}" at ${member.name} ended (${failure.fault.message}); it is opened again`;
    if (failures === 0) context.log(text);
    tried.add(member);
    if (tried.size >= context.members.all.length) tried.clear();
    await context.clock.sleep(growingMs(failures, FIRST_PAUSE_MS, MAX_PAUSE_MS), ended);
    failures += 1;
  }
}

/** One stream from its beginning to its end, which is always a failure of some kind. */
async function oneStream(watching: Watching, member: Member, onCreated: () => void): Promise<Failure> {
  const { context, prefix, following, ended } = watching;
  const over = new AbortController();
  const signal = AbortSignal.any([ended, over.signal]);
  const stopListening = context.progress.onStepBack(() => over.abort());
  const create = { ...recordRange(context.keys, prefix), startRevision: following.nextRevision };
  const onResponse = (response: WatchResponse): void => {
    if (response.canceled) throw canceled(response, following);
    if (response.created && !created(response, watching)) throw new Error('the stream ended');
    if (response.created) onCreated();
    report(response, watching);
  };
  const called = await callMember(context, member, { timeoutMs: CONNECT_MS, signal }, (rpc) =>
    streamed(context.clock, member.channel, { create, rpc, signal, onResponse }),
  );
  stopListening();
  over.abort();
  return called.ok ? called.value : called.failure;
}

/** False if this stream follows another cluster from a revision of the old one. Then it must begin anew. */
function created(response: WatchResponse, { following, handlers }: Watching): boolean {
  const { clusterId = 0n, revision = 0n } = response.header ?? {};
  if (following.clusterId !== null && following.clusterId !== clusterId && following.nextRevision !== 0n) {
    startAnew(following);
    return false;
  }
  following.clusterId = clusterId;
  if (following.nextRevision === 0n) following.nextRevision = revision + 1n;
  if (following.resync) handlers.onResync();
  following.resync = false;
  following.ready();
  return true;
}

function report(response: WatchResponse, { context, following, handlers }: Watching): void {
  for (const { kv, type } of response.events) {
    if (kv === undefined) continue;
    const value = type === Event_EventType.DELETE ? null : kv.value.slice();
    handlers.onChange({ key: context.keys.decode(kv.key), value });
    if (kv.modRevision >= following.nextRevision) following.nextRevision = kv.modRevision + 1n;
  }
}

/** The member ended the watch: the next revisions were compacted, or this user may not watch. */
function canceled(response: WatchResponse, following: Following): Error {
  if (response.compactRevision !== 0n) {
    startAnew(following);
    return new Error('the next changes to report were compacted');
  }
  return new Error(response.cancelReason === '' ? 'the member canceled the watch' : response.cancelReason);
}

function startAnew(following: Following): void {
  if (following.nextRevision !== 0n) following.resync = true;
  following.nextRevision = 0n;
  following.clusterId = null;
}
