import type { DescMessage, MessageInitShape, MessageShape } from '@bufbuild/protobuf';
import { type Clock, growingMs } from '@watchbill/kit';
import type { UnaryMethod } from '../grpc/channel.ts';
import type { RpcOptions } from '../grpc/rpc-error.ts';
import type { CallOptions, StoreFault } from '../port.ts';
import { abortedFault, closedFault, lateFault } from '../shared/checks.ts';
import type { KeySpace } from '../shared/key-space.ts';
import { callMember } from './call-member.ts';
import type { Failure } from './faults.ts';
import { KV, type RangeRequestSchema, type RangeResponse, type ResponseHeader } from './gen/rpc_pb.js';
import type { Member, Members } from './members.ts';
import type { Progress } from './progress.ts';
import type { TokenSource } from './token.ts';

/** Dependencies of every call. */
export interface Context {
  readonly clock: Clock;
  readonly members: Members;
  readonly progress: Progress;
  readonly tokens: TokenSource | null;
  readonly keys: KeySpace;
  /** The cluster's `--max-txn-ops`. */
  readonly maxTxnOps: number;
  readonly callTimeoutMs: number;
  /** Aborted by `close`. */
  readonly closing: AbortSignal;
  readonly log: (message: string) => void;
}

export interface Request<T> {
  /**
   * True: the call may be sent twice without harm (reads, leases). False: it is sent again only if the first
   * sending certainly was not and will not be applied.
   */
  readonly repeatable: boolean;
  readonly send: (member: Member, rpc: RpcOptions) => Promise<T>;
  /** The header of a linearizable answer; left out for other answers. */
  readonly header?: (answer: T) => ResponseHeader | undefined;
}

export type Outcome<T> =
  | { readonly ok: true; readonly value: T; readonly endpoint: string }
  | { readonly ok: false; readonly failure: Failure };

/** If all members fail, the call retries after a pause that doubles between these bounds. */
const FIRST_PAUSE_MS = 50;
const MAX_PAUSE_MS = 500;
/**
 * A token may expire again while a busy cluster makes the next one. More failures than this mean a real
 * fault.
 */
const MAX_TOKEN_RENEWALS = 3;
/** With less time than this, a retry would only turn a certain failure into an uncertain one. */
const MIN_RETRY_MS = 100;
/** A share of the budget below this is not worth an attempt. */
const MIN_ATTEMPT_MS = 250;

/**
 * Send a request to one member after another until it is answered, must not be sent again, or its budget
 * ends.
 */
export async function outcomeOf<T>(
  context: Context,
  request: Request<T>,
  options: CallOptions = {},
): Promise<Outcome<T>> {
  const { clock, members } = context;
  const deadlineMs = clock.monotonicMs() + (options.timeoutMs ?? context.callTimeoutMs);
  const tried = new Set<Member>();
  let last: Failure | null = null;
  let renewals = 0;
  for (let rounds = 0; ; ) {
    const stop = stopped(context, options);
    if (stop !== null) return { ok: false, failure: stop };
    const leftMs = deadlineMs - clock.monotonicMs();
    if (leftMs <= (last === null ? 0 : MIN_RETRY_MS))
      return { ok: false, failure: last ?? certain(lateFault()) };
    const member = members.pick(tried);
    const outcome = await attempt(
      context,
      member,
      request,
      share(leftMs, request, members, tried),
      options.signal,
    );
    if (outcome.ok) return outcome;
    const { transient, nothingApplied } = outcome.failure;
    if (!transient || !(nothingApplied || request.repeatable)) return outcome;
    last = outcome.failure.silent && last !== null ? last : outcome.failure;
    if (outcome.failure.staleToken) {
      renewals += 1;
      if (renewals > MAX_TOKEN_RENEWALS) return outcome;
      continue;
    }
    tried.add(member);
    if (tried.size < members.all.length) continue;
    tried.clear();
    const pauseMs = growingMs(rounds, FIRST_PAUSE_MS, MAX_PAUSE_MS);
    await clock.sleep(Math.min(pauseMs, deadlineMs - clock.monotonicMs()), options.signal);
    rounds += 1;
  }
}

/** As {@link outcomeOf}, but returns the answer alone; throws the fault. */
export async function answerOf<T>(context: Context, request: Request<T>, options?: CallOptions): Promise<T> {
  const outcome = await outcomeOf(context, request, options);
  if (!outcome.ok) throw outcome.failure.fault;
  return outcome.value;
}

/** A call that may be sent twice without harm. */
export function repeatable<I extends DescMessage, O extends DescMessage>(
  method: UnaryMethod<I, O>,
  message: MessageInitShape<I>,
): Request<MessageShape<O>> {
  return { repeatable: true, send: (member, rpc) => member.channel.unary(method, message, rpc) };
}

/** A linearizable read of a range, for example of the keys under a prefix. */
export function readRange(range: MessageInitShape<typeof RangeRequestSchema>): Request<RangeResponse> {
  return {
    ...repeatable(KV.method.range, { ...range, serializable: false }),
    header: ({ header }) => header,
  };
}

async function attempt<T>(
  context: Context,
  member: Member,
  request: Request<T>,
  timeoutMs: number,
  signal: AbortSignal | undefined,
): Promise<Outcome<T>> {
  const { clock, members, progress } = context;
  const deadlineMs = clock.monotonicMs() + timeoutMs;
  const began = progress.begin();
  members.began(member);
  const called = await callMember(context, member, timeoutMs, async (headers) => {
    // The gRPC header takes whole milliseconds only.
    const leftMs = Math.max(1, Math.ceil(deadlineMs - clock.monotonicMs()));
    const value = await request.send(member, { headers, timeoutMs: leftMs, signal });
    members.answered(member);
    if (request.header !== undefined) progress.answered(began, request.header(value), member.name);
    return value;
  });
  return called.ok ? { ...called, endpoint: member.name } : failed(context, member, called.failure, signal);
}

function failed(context: Context, member: Member, failure: Failure, signal?: AbortSignal): Outcome<never> {
  if (signal?.aborted === true) context.members.gaveUp(member);
  else if (failure.transient && !failure.staleToken) context.members.failed(member);
  else context.members.answered(member);
  return { ok: false, failure };
}

/** A request that may go to another member leaves time for that; any other gets all that is left. */
function share(
  leftMs: number,
  request: Pick<Request<unknown>, 'repeatable'>,
  members: Members,
  tried: ReadonlySet<Member>,
): number {
  if (!request.repeatable) return leftMs;
  return Math.max(leftMs / (members.all.length - tried.size), Math.min(leftMs, MIN_ATTEMPT_MS));
}

/** The store was closed, or the caller gave up, while no request was under way. */
function stopped(context: Context, options: CallOptions): Failure | null {
  if (context.closing.aborted) return certain(closedFault('etcd'));
  if (options.signal?.aborted === true) return certain(abortedFault('etcd'));
  return null;
}

function certain(fault: StoreFault): Failure {
  return { fault, nothingApplied: true, transient: false, staleToken: false, silent: false };
}
