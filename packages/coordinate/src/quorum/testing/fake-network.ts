import type { Effect } from '../../engine/effects.ts';
import type { EngineEvent } from '../../engine/engine-events.ts';
import type { Validation } from '../../rules.ts';
import { decodeMessage } from '../codec.ts';
import { hexOf } from '../digest.ts';
import type { QuorumGroup } from '../group.ts';
import type { Message, Value } from '../messages.ts';
import type { QuorumPlan } from '../plan-port.ts';
import { QUORUM_FRAME, type QuorumProposal } from '../self.ts';
import { hasOnePlace, statementDigest } from '../statement.ts';
import { decodeValue, valueDigest } from '../value.ts';
import { CONTENT, hashAt, type NodeOptions, nodeOf, type QuorumNode } from './fake-group.ts';

/** Something on its way to a member: a message, or an answer to its question. */
export interface Pending {
  readonly to: number;
  readonly from: number;
  readonly event: EngineEvent<QuorumProposal>;
}

export interface NetworkOptions extends NodeOptions {
  /** Seats without a member; a test may speak for them. */
  readonly silent?: readonly number[];
  /** Which messages arrive; all unless told otherwise. */
  readonly arrives?: (from: number, to: number, message: Message) => boolean;
  readonly validate?: (seat: number, value: Value) => Validation;
  readonly generate?: (seat: number, plan: QuorumPlan) => QuorumProposal | null;
  /** The answers of a member's chain at a height. */
  readonly read?: (seat: number, height: bigint) => Uint8Array;
  readonly optionsOf?: (seat: number) => NodeOptions;
}

/** The signatures and decisions of members, as an observer sees them. */
function ledger() {
  const decided = new Map<bigint, Set<string>>();
  const signed = new Map<string, string>();
  const doubles: string[] = [];
  return {
    decided,
    doubles,
    noteSigned: (payload: Uint8Array) => {
      const decoded = decodeMessage(payload);
      if (!decoded.ok) throw new Error('a member sent an invalid message');
      const { header, statement } = decoded.message;
      if (!hasOnePlace(statement.kind)) return;
      const place = `${header.window}/${header.seat}/${statement.kind}/${header.rank}`;
      const digest = hexOf(statementDigest(statement));
      if ((signed.get(place) ?? digest) !== digest) doubles.push(place);
      signed.set(place, digest);
    },
    noteDecided: (node: QuorumNode) => {
      const { running } = node.state();
      if (running?.phase !== 'procedure' || running.round.certificate === null) return;
      const { window, value } = running.round.certificate;
      decided.set(window, (decided.get(window) ?? new Set()).add(hexOf(valueDigest(value))));
    },
  };
}

/** The answer to a question of a member, or null if the effect is none. */
function answerTo(
  seat: number,
  effect: Effect<QuorumPlan>,
  { validate = () => ({ result: 'valid' }), generate, read = (_seat, at) => hashAt(at) }: NetworkOptions,
): EngineEvent<QuorumProposal> | null {
  if (effect.kind === 'read-inputs') {
    const inputs = effect.asks.map((ask) => read(seat, ask.height));
    return { kind: 'inputs', window: effect.window, inputs };
  }
  if (effect.kind === 'generate') {
    const { window, attempt, plan } = effect;
    const proposal = generate === undefined ? { action: 'call', content: CONTENT } : generate(seat, plan);
    if (proposal === null) return { kind: 'no-proposal', window, attempt, why: 'nothing to do' };
    return { kind: 'proposal', window, attempt, proposal };
  }
  if (effect.kind !== 'validate') return null;
  const { window, key, subject } = effect;
  const value = decodeValue(subject);
  if (value === null) throw new Error('a validator was asked about an invalid value');
  return { kind: 'validated', window, key, answer: validate(seat, value) };
}

/** Events on their way to members, and their delivery. */
function delivery(give: (to: number, event: EngineEvent<QuorumProposal>) => void) {
  const pending: Pending[] = [];
  const deliver = (at = 0): void => {
    const [next] = pending.splice(at, 1);
    if (next !== undefined) give(next.to, next.event);
  };
  const drain = (): void => {
    for (let i = 0; pending.length > 0; i++) {
      if (i > 200_000) throw new Error('the network does not come to rest');
      deliver();
    }
  };
  return { pending, deliver, drain };
}

/** Honest members and the messages between them. Messages move only when the test says so. */
export type FakeNetwork = ReturnType<typeof fakeNetwork>;

export function fakeNetwork(group: QuorumGroup, options: NetworkOptions = {}) {
  const { silent = [], arrives = () => true } = options;
  const seats = group.members.flatMap((_, seat) => (silent.includes(seat) ? [] : [seat]));
  const nodes = new Map(
    seats.map((seat) => [seat, nodeOf(group, seat, { ...options, ...options.optionsOf?.(seat) })]),
  );
  const { pending, deliver, drain } = delivery((to, event) => give(to, event));
  const { decided, doubles, noteSigned, noteDecided } = ledger();
  const broadcast = (from: number, payload: Uint8Array, to: readonly number[]) => {
    const decoded = decodeMessage(payload);
    for (const seat of to) {
      if (seat === from || (decoded.ok && !arrives(from, seat, decoded.message))) continue;
      const message = { type: QUORUM_FRAME, sender: `${from}`, payload };
      pending.push({ to: seat, from, event: { kind: 'message', message } });
    }
  };
  const give = (seat: number, event: EngineEvent<QuorumProposal>) => {
    const node = nodes.get(seat);
    if (node === undefined) return;
    for (const effect of node.give(event)) {
      const answer = answerTo(seat, effect, options);
      if (answer?.kind === 'inputs') give(seat, answer);
      else if (answer !== null) pending.push({ to: seat, from: seat, event: answer });
      if (effect.kind !== 'broadcast') continue;
      noteSigned(effect.payload);
      broadcast(seat, effect.payload, seats);
    }
    noteDecided(node);
  };
  const height = (height: bigint, to: readonly number[] = seats): void => {
    for (const seat of to) give(seat, { kind: 'height', height });
  };
  return {
    nodes,
    pending,
    /** A height reaches some members, all unless told otherwise. */
    height,
    /** Delivers one thing; the first unless told otherwise. */
    deliver,
    /** Delivers until no message is on its way. */
    drain,
    /** All heights from one to another, with everything delivered in between. */
    run: (from: bigint, to: bigint, reached: readonly number[] = seats): void => {
      for (let at = from; at <= to; at++) {
        height(at, reached);
        drain();
      }
    },
    /** Bytes from a seat to some members, as if the network brought them. */
    inject: (from: number, payload: Uint8Array, to: readonly number[] = seats): void =>
      broadcast(from, payload, to),
    /** Digests of all values for which any member ever held a certificate, by window. */
    decided: () => decided,
    /** Places in which a member signed more than one thing. */
    doubles: () => doubles,
  };
}
