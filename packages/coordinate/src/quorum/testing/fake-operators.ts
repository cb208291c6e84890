import { createHash } from 'node:crypto';
import type { KeyScheme, OperatorKey, VerifySignature } from '../../keys/port.ts';
import { windowOf } from '../../window.ts';
import { factsDigest } from '../attachments.ts';
import { NO_ATTACHMENT } from '../codec.ts';
import type { AgendaItem, QuorumGroup, QuorumSchedule } from '../group.ts';
import { quorumOf } from '../group.ts';
import { knownVersions, windowSchedule } from '../identity.ts';
import type { Attachment, Justification, Message, Prepared, Statement, Value, Vote } from '../messages.ts';
import { leaderIn, planQuorum } from '../plan.ts';
import type { QuorumPlan } from '../plan-port.ts';
import { justificationDigest } from '../proof-codec.ts';
import { domainOf, signStatement, type WindowPlace } from '../signing.ts';
import { valueDigest } from '../value.ts';

/** A key that any test can sign with: quick, deterministic, and as long as a real one. */
export function fakeKey(name: string, scheme: KeyScheme = 'ed25519'): OperatorKey {
  const publicKey = hashed(`fake key ${name}`);
  return { scheme, publicKey, sign: (message) => fakeSignature(publicKey, message) };
}

export const fakeVerify: VerifySignature = ({ publicKey }, message, signature) =>
  Buffer.compare(fakeSignature(publicKey, message), signature) === 0;

function fakeSignature(publicKey: Uint8Array, message: Uint8Array): Uint8Array {
  return Uint8Array.from(createHash('sha512').update('fake').update(publicKey).update(message).digest());
}

/** 32 bytes that follow from a text. */
export function hashed(text: string): Uint8Array {
  return Uint8Array.from(createHash('sha256').update(text).digest());
}

export const HEARTBEAT: AgendaItem = {
  action: 'heartbeat',
  cadence: { kind: 'drawn', perMillion: 62_500 },
  validityBlocks: 300n,
  parameters: '{}',
};

export const UPGRADE: AgendaItem = {
  action: 'upgrade',
  cadence: { kind: 'every', windows: 1n, offset: 0n },
  validityBlocks: 600n,
  parameters: '{"atMost":1}',
};

/** Due in odd windows. */
export const ROTATE: AgendaItem = {
  action: 'rotate',
  cadence: { kind: 'every', windows: 2n, offset: 1n },
  validityBlocks: 600n,
  parameters: '{}',
};

export const SCHEDULE: QuorumSchedule = [
  {
    version: 1,
    fromHeight: 0n,
    seedSource: 'block-hash',
    stageBlocks: 5n,
    agenda: [UPGRADE, HEARTBEAT, ROTATE],
  },
];

/** A group with fake keys. */
export interface FakeOperators {
  readonly group: QuorumGroup;
  readonly keys: readonly OperatorKey[];
}

export function fakeOperators(
  count: number,
  changes: Partial<QuorumGroup> = {},
  keyOf: (seat: number) => OperatorKey = (seat) => fakeKey(`${seat}`),
): FakeOperators {
  const keys = Array.from({ length: count }, (_, seat) => keyOf(seat));
  const members = keys.map(({ scheme, publicKey }, seat) => ({ name: `m${seat}`, scheme, publicKey }));
  const windows = { frequencyBlocks: 900n, rankBlocks: 20n, rankCount: 4, certificateBlocks: 20n };
  const group = { name: 'group', genesis: hashed('genesis'), resource: 'proxy', windows, members };
  return { group: { ...group, ...changes }, keys };
}

/** The plan of a window whose inputs follow from its index. */
export function fakePlan({ group }: FakeOperators, index: bigint, schedule = SCHEDULE): QuorumPlan {
  const window = windowOf(windowSchedule(group), index);
  return planQuorum(group, schedule, window, hashed('seed input'), hashed(`block ${window.block}`));
}

/** A seed input under which a seat leads the first rank of a window, other than that of {@link fakePlan}. */
export function inputUnderWhich(place: WindowPlace, seat: number): Uint8Array {
  const inputs = Array.from({ length: 200 }, (_, i) => hashed(`input ${i}`));
  const found = inputs.find((input) => leaderIn(place, input, 0) === seat);
  if (found === undefined) throw new Error(`seat ${seat} leads with none of 200 inputs`);
  return found;
}

/** A value that a leader would propose in this window. */
export function fakeValue(plan: QuorumPlan, content: string | Uint8Array = 'content'): Value {
  return {
    action: 'upgrade',
    resource: plan.group.resource,
    validityBlocks: 600n,
    referenceHash: plan.referenceHash,
    content: typeof content === 'string' ? Uint8Array.from(Buffer.from(content)) : content,
  };
}

type Say = (seat: number, rank: number, statement: Statement, attachment?: Partial<Attachment>) => Message;

function sayer({ keys }: FakeOperators, place: WindowPlace): Say {
  return (seat, rank, statement, attachment = {}) => {
    const header = { version: place.version.version, window: place.window.index, rank, seat };
    const key = keys[seat] ?? fakeKey('no member');
    const signature = signStatement(key, domainOf(place), header, statement);
    return { header, statement, attachment: { ...NO_ATTACHMENT, ...attachment }, signature };
  };
}

/**
 * Everything that members can sign in a window, right or wrong; in another place than the plan's if one is
 * given.
 */
export function fakeVoices(operators: FakeOperators, plan: QuorumPlan, place: WindowPlace = plan) {
  const say = sayer(operators, place);
  const { seedInput, referenceHash } = plan;
  const first = Array.from({ length: quorumOf(plan.group.members.length) }, (_, seat) => seat);
  const votes = (kind: 'prepare' | 'commit', rank: number, digest: Uint8Array, seats = first): Vote[] =>
    seats.map((seat) => ({ seat, signature: say(seat, rank, { kind, digest }).signature }));
  return {
    say,
    votes,
    /** As many seats as a quorum has. */
    first,
    rankChange: (seat: number, rank: number, value: Value | null, preparedRank = 0, heard = true) => {
      const prepared: Prepared | null = value && { rank: preparedRank, digest: valueDigest(value) };
      const proof = prepared === null ? [] : votes('prepare', prepared.rank, prepared.digest);
      return say(seat, rank, { kind: 'rank-change', prepared, heard }, { value, votes: proof });
    },
    propose: (
      seat: number,
      rank: number,
      value: Value,
      reason: Justification | null = null,
      changes: { readonly seedInput?: Uint8Array; readonly action?: string } = {},
    ) => {
      const justification = reason === null ? null : justificationDigest(reason);
      const signed = { seedInput, referenceHash, digest: valueDigest(value), action: value.action };
      const statement = { kind: 'propose', ...signed, justification, ...changes } as const;
      return say(seat, rank, statement, { value, justification: reason });
    },
    hello: (seat: number, changes: Partial<Extract<Statement, { readonly kind: 'hello' }>> = {}) => {
      const versions = knownVersions(plan.schedule);
      return say(seat, 0, { kind: 'hello', versions, seedInput, referenceHash, ...changes });
    },
    refusal: (seat: number, rank: number, value: Value, code: string, facts: Uint8Array) => {
      const digest = valueDigest(value);
      return say(seat, rank, { kind: 'refusal', digest, code, facts: factsDigest(facts) }, { bytes: facts });
    },
    prepare: (seat: number, rank: number, value: Value) =>
      say(seat, rank, { kind: 'prepare', digest: valueDigest(value) }),
    commit: (seat: number, rank: number, value: Value) =>
      say(seat, rank, { kind: 'commit', digest: valueDigest(value) }),
    certificate: (seat: number, rank: number, value: Value) => {
      const digest = valueDigest(value);
      return say(
        seat,
        rank,
        { kind: 'certificate', digest },
        { value, votes: votes('commit', rank, digest) },
      );
    },
  };
}

export type FakeVoices = ReturnType<typeof fakeVoices>;
