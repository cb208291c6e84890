import type { DescMessage, MessageInitShape, MessageShape } from '@bufbuild/protobuf';
import { growingMs } from '@watchbill/kit';
import type { Budget, Opened } from '../grpc/budget.ts';
import type { UnaryMethod } from '../grpc/channel.ts';
import type { RpcOptions } from '../grpc/rpc-error.ts';
import type { KeySpace } from '../shared/key-space.ts';
import { callMember } from './call-member.ts';
import type { Failure } from './faults.ts';
import { KV, type RangeRequestSchema, type RangeResponse, type ResponseHeader } from './gen/rpc_pb.js';
import type { Member, Members } from './members.ts';
import type { Progress } from './progress.ts';
import type { TokenSource } from './token.ts';

/** Dependencies of every call. */
export interface Context extends Opened {
  readonly members: Members;
  readonly progress: Progress;
  readonly tokens: TokenSource | null;
  readonly keys: KeySpace;
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
  budget: Budget,
): Promise<Outcome<T>> {
  const { members } = context;
  const tried = new Set<Member>();
  let failures = 0;
  let renewals = 0;
  for (let rounds = 0; ; ) {
    if (budget.signal.aborted || budget.leftMs() <= (failures === 0 ? 0 : MIN_RETRY_MS))
      return { ok: false, failure: unsent(budget) };
    const member = members.pick(tried);
    const limits = budget.request(share(budget.leftMs(), request, members, tried));
    const outcome = await attempt(context, member, request, limits);
    if (outcome.ok) return outcome;
    const { fault, transient, nothingApplied, staleToken } = outcome.failure;
    if (!transient || !(nothingApplied || request.repeatable)) return outcome;
    failures += 1;
    budget.trouble(fault);
    if (staleToken) {
      renewals += 1;
      if (renewals > MAX_TOKEN_RENEWALS) return outcome;
      continue;
    }
    tried.add(member);
    if (tried.size < members.all.length) continue;
    tried.clear();
    await budget.pause(growingMs(rounds, FIRST_PAUSE_MS, MAX_PAUSE_MS));
    rounds += 1;
  }
}

/** As {@link outcomeOf}, but returns the answer alone; throws the fault. */
export async function answerOf<T>(context: Context, request: Request<T>, budget: Budget): Promise<T> {
  const outcome = await outcomeOf(context, request, budget);
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
  limits: RpcOptions,
): Promise<Outcome<T>> {
  const { members, progress } = context;
  const began = progress.begin();
  members.began(member);
  const outcome = await callMember(context, member, limits, async (rpc) => {
    const value = await request.send(member, rpc);
    members.answered(member);
    if (request.header !== undefined) progress.answered(began, request.header(value), member.name);
    return value;
  });
  if (outcome.ok) return outcome;
  const { transient, staleToken } = outcome.failure;
  if (limits.signal?.aborted === true) members.gaveUp(member);
  else if (transient && !staleToken) members.failed(member);
  else members.answered(member);
  return outcome;
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

/** The request is not sent, or not once more: its time is over, its caller gave up or the store closed. */
function unsent(budget: Budget): Failure {
  return { fault: budget.ending(), nothingApplied: true, transient: false, staleToken: false };
}
