import { eventsOf } from '../extrinsics/dispatch.ts';
import { type Json, jsonMember } from '../extrinsics/json.ts';
import type { RawHeader } from '../header/header.ts';
import { NodeFault } from '../rpc/fault.ts';
import { bytesOfHex, hexOf } from '../scale/hex.ts';
import { withLength } from '../scale/number-bytes.ts';
import { unsealedHash } from './authored.ts';
import { voteDigest } from './vote-signature.ts';

/** An equivocation that the runtime verified and recorded: one key signed two payloads for one unit. */
export interface Equivocation {
  readonly duty: 'babe' | 'grandpa';
  /** Public session key of the offender, `0x…`. */
  readonly key: string;
  /** The slot; or set and round, as `set/round`. */
  readonly unit: string;
  readonly part: 'seal' | 'prevote' | 'precommit';
  /** The two payloads, as services grant them. */
  readonly digests: readonly [string, string];
  /** The two signatures of votes; null for blocks, whose seals are no Ed25519 signatures. */
  readonly signatures: readonly [string, string] | null;
}

/** The offences that the events of one block record. */
export interface BlockOffences {
  readonly equivocations: readonly Equivocation[];
  /** Offences of another kind, for example `im-online:offlin`: no second signature. */
  readonly otherKinds: readonly string[];
  /** Offences of equivocations whose offender was not read, each with the reason. */
  readonly unread: readonly string[];
}

/** A call: `{ type: pallet, value: { type: call, value: arguments } }`; null if it was not read. */
export type CallAt = (extrinsic: number) => Json;

/** Kinds of pallet-babe and pallet-grandpa: the first 16 characters of their names. */
const KINDS = { 'babe:equivocatio': 'babe', 'grandpa:equivoca': 'grandpa' } as const;
const CALLS = new Set(['report_equivocation', 'report_equivocation_unsigned']);

/** The offences that the events record. Throws `malformed` if an event of that name has another shape. */
export function offenceKinds(
  events: Json,
): readonly { readonly kind: string; readonly extrinsic: number | null }[] {
  if (!Array.isArray(events)) throw malformed('the events of a block');
  return eventsOf(events).flatMap(({ name, data, extrinsic }) => {
    if (name !== 'Offences.Offence') return [];
    const kind = bytesText(jsonMember(data, 'kind'), 16);
    const text = Buffer.from(kind.slice(2), 'hex').toString('latin1');
    return [{ kind: text.replaceAll(/[^!-~]/g, '?'), extrinsic }];
  });
}

/**
 * The offences of a block: decision 0031. Pure. The event names no offender, so the offender is read from the
 * report in the extrinsic: `report_equivocation` or `report_equivocation_unsigned` of `Babe` or `Grandpa`.
 */
export function offencesOf(events: Json, callAt: CallAt): BlockOffences {
  const equivocations: Equivocation[] = [];
  const [otherKinds, unread]: [string[], string[]] = [[], []];
  for (const { kind, extrinsic } of offenceKinds(events)) {
    if (!Object.hasOwn(KINDS, kind)) {
      otherKinds.push(kind);
      continue;
    }
    const duty = KINDS[kind as keyof typeof KINDS];
    try {
      equivocations.push(equivocationOf(duty, extrinsic === null ? null : callAt(extrinsic)));
    } catch (error) {
      if (!(error instanceof NodeFault)) throw error;
      unread.push(`${kind}: ${error.message}`);
    }
  }
  return { equivocations, otherKinds, unread };
}

function equivocationOf(duty: 'babe' | 'grandpa', call: Json): Equivocation {
  const pallet = duty === 'babe' ? 'Babe' : 'Grandpa';
  const inner = jsonMember(call, 'value');
  if (jsonMember(call, 'type') !== pallet || !CALLS.has(String(jsonMember(inner, 'type'))))
    throw malformed(`its extrinsic is not a report to ${pallet}: the offender`);
  const proof = jsonMember(jsonMember(inner, 'value'), 'equivocation_proof');
  return duty === 'babe' ? blocksOf(proof) : votesOf(proof);
}

/** sp-consensus-slots' `EquivocationProof`: two sealed headers of one slot. */
function blocksOf(proof: Json | undefined): Equivocation {
  const digestOf = (name: string) => hexOf(unsealedHash(headerOf(jsonMember(proof, name))));
  return {
    duty: 'babe',
    key: bytesText(jsonMember(proof, 'offender'), 32),
    unit: numberText(jsonMember(proof, 'slot')),
    part: 'seal',
    digests: [digestOf('first_header'), digestOf('second_header')],
    signatures: null,
  };
}

/** sp-consensus-grandpa's `EquivocationProof`: two votes of one round, with their signatures. */
function votesOf(proof: Json | undefined): Equivocation {
  const equivocation = jsonMember(proof, 'equivocation');
  const kind = jsonMember(equivocation, 'type');
  const votes = jsonMember(equivocation, 'value');
  if (kind !== 'Prevote' && kind !== 'Precommit') throw malformed('the kind of its votes');
  const first = signedVote(jsonMember(votes, 'first'));
  const second = signedVote(jsonMember(votes, 'second'));
  const [set, round] = [jsonMember(proof, 'set_id'), jsonMember(votes, 'round_number')].map(numberText);
  return {
    duty: 'grandpa',
    key: bytesText(jsonMember(votes, 'identity'), 32),
    unit: `${set}/${round}`,
    part: kind === 'Prevote' ? 'prevote' : 'precommit',
    digests: [first.digest, second.digest],
    signatures: [first.signature, second.signature],
  };
}

function signedVote(pair: Json | undefined): { readonly digest: string; readonly signature: string } {
  const [vote, signature]: readonly (Json | undefined)[] = Array.isArray(pair)
    ? (pair as readonly Json[])
    : [];
  const hash = bytesText(jsonMember(vote, 'target_hash'), 32);
  const number = jsonMember(vote, 'target_number');
  if (typeof number !== 'number') throw malformed('the target of a vote');
  return { digest: voteDigest({ hash, number }), signature: bytesText(signature, 64) };
}

/** Variants of sp-runtime's `DigestItem` that carry an engine and bytes, by their index. */
const ENGINE_ITEMS: ReadonlyMap<string, number> = new Map([
  ['PreRuntime', 6],
  ['Consensus', 4],
  ['Seal', 5],
]);

/** The header as RPC sends it. */
function headerOf(header: Json | undefined): RawHeader {
  // A struct of one field is read as that field: the digest is the list of its items.
  const logs = jsonMember(header, 'digest');
  const hash = (name: string) => bytesText(jsonMember(header, name), 32);
  if (!Array.isArray(logs)) throw malformed('a header');
  return {
    parentHash: hash('parent_hash'),
    number: `0x${BigInt(numberText(jsonMember(header, 'number'))).toString(16)}`,
    stateRoot: hash('state_root'),
    extrinsicsRoot: hash('extrinsics_root'),
    digest: { logs: (logs as readonly Json[]).map(digestItem) },
  };
}

function digestItem(item: Json): string {
  const type = String(jsonMember(item, 'type'));
  if (type === 'RuntimeEnvironmentUpdated') return '0x08';
  const variant = ENGINE_ITEMS.get(type);
  const value = jsonMember(item, 'value');
  const [engine, data] = Array.isArray(value) ? (value as readonly Json[]) : [];
  if (variant === undefined) throw malformed('an item of a digest');
  const bytes = withLength(bytesOfHex(data, 'an item of a digest'));
  return hexOf(Uint8Array.of(variant, ...bytesOfHex(engine, 'an engine'), ...bytes));
}

function bytesText(value: Json | undefined, count: number): string {
  if (typeof value === 'string' && value.length === 2 + 2 * count && /^0x[0-9a-f]*$/.test(value))
    return value;
  throw malformed(`a value of ${count} bytes in its report`);
}

function numberText(value: Json | undefined): string {
  const text = typeof value === 'number' || typeof value === 'string' ? String(value) : '';
  if (/^(0|[1-9][0-9]{0,19})$/.test(text)) return text;
  throw malformed('a number in its report');
}

function malformed(what: string): NodeFault {
  return new NodeFault(
    'malformed',
    `${what} cannot be read: the runtime has another shape than this release reads`,
  );
}
