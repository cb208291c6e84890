import { messageOf } from '@watchbill/kit';
import { decodeCertificate, encodeCertificate } from './certificate.ts';
import { decodeMessage, encodeMessage } from './codec.ts';
import { hexOf } from './digest.ts';
import { joined, type Leases, NO_LEASES } from './lease.ts';
import type { Certificate, Vote } from './messages.ts';
import { NO_PLACES, type Places, signedBy, withMessage } from './places.ts';
import type { QuorumPlan } from './plan-port.ts';
import type { Lock, QuorumRound } from './round.ts';
import type { Switches } from './self.ts';
import { domainOf } from './signing.ts';
import { decodeValue, encodeValue, valueDigest } from './value.ts';

const VERSION = 2;

/**
 * The part of a round that survives a restart: the member's signatures, and everything with which later ones
 * must agree.
 */
export type Kept = Pick<
  QuorumRound,
  'places' | 'lock' | 'certificate' | 'certifiedAgain' | 'blamed' | 'committed' | 'abstains'
>;

export type MemoryRead =
  /** `kept` is null before the first signature in this window. */
  | { readonly ok: true; readonly earlier: Leases; readonly kept: Kept | null }
  | { readonly ok: false; readonly earlier: Leases; readonly why: string };

interface Remembering {
  readonly self: { readonly seat: number };
  readonly plan: QuorumPlan;
  readonly switches: Switches;
  readonly round: QuorumRound;
}

/**
 * JSON text in UTF-8: the leases of earlier windows, this window's signed statements, and their inputs.
 */
export function encodeMemory(remembering: Remembering): Uint8Array {
  return encoded(remembering.round.earlier, signedJson(remembering));
}

/** Between windows, only the leases matter that this member committed to or saw certified. */
export function encodeLeases(leases: Leases): Uint8Array {
  return encoded(leases, null);
}

/** The memory with one more lease. Unreadable memory stays, because it already counts as any lease. */
export function withLease(memory: Uint8Array | null, lease: Leases): Uint8Array {
  if (memory === null) return encodeLeases(lease);
  try {
    const { earlier, signed } = parsed(memory);
    return encoded(joined(earlier, lease), signed);
  } catch {
    return memory;
  }
}

/** The leases in this memory; null if it cannot be read, and then any lease may run. Never throws. */
export function leasesIn(memory: Uint8Array): Leases | null {
  try {
    const { earlier, signed } = parsed(memory);
    return signed === null ? earlier : joined(earlier, leasesOfJson(record(signed.committed)));
  } catch {
    return null;
  }
}

/**
 * The certificate that a member held in a window, from its memory of that window; null if there is none.
 * Never throws.
 */
export function certificateIn(memory: Uint8Array, window: bigint): Certificate | null {
  try {
    const { signed } = parsed(memory);
    if (signed === null || signed.certificate === null) return null;
    const certificate = known(decodeCertificate(bytes(signed.certificate)));
    return certificate.window === window ? certificate : null;
  } catch {
    return null;
  }
}

/**
 * The memory of this window, or why it cannot be used: it is damaged, or belongs to another schedule, other
 * inputs or another seat. Then the member does not know its own signatures. Never throws.
 */
export function decodeMemory(plan: QuorumPlan, seat: number, memory: Uint8Array): MemoryRead {
  let earlier = NO_LEASES;
  try {
    const { signed, ...rest } = parsed(memory);
    earlier = rest.earlier;
    if (signed === null) return { ok: true, earlier, kept: null };
    for (const [name, value] of Object.entries(identityOf(plan, seat))) {
      if (signed[name] !== value) return { ok: false, earlier, why: `it began under another ${name}` };
    }
    return { ok: true, earlier, kept: keptOf(signed, seat) };
  } catch (error) {
    const what = messageOf(error);
    return { ok: false, earlier, why: `its memory cannot be read (${what})` };
  }
}

function encoded(earlier: Leases, signed: Json | null): Uint8Array {
  const text = JSON.stringify({ v: VERSION, earlier: leasesJson(earlier), signed });
  return Uint8Array.from(Buffer.from(text, 'utf8'));
}

function parsed(memory: Uint8Array): { readonly earlier: Leases; readonly signed: Json | null } {
  const json = record(JSON.parse(Buffer.from(memory).toString('utf8')));
  if (json.v !== VERSION) throw new Error(`it has version ${String(json.v)}, not ${VERSION}`);
  const earlier = leasesOfJson(record(json.earlier));
  return { earlier, signed: json.signed === null ? null : record(json.signed) };
}

/** The height until which some lease may run, and the hand-over. */
function leasesJson({ until, handOver }: Leases): Json {
  const open = (value: Uint8Array | null) => (value === null ? null : textOf(value));
  return { until: until.toString(), handOver: handOver === null ? null : { open: open(handOver.open) } };
}

function leasesOfJson(json: Json): Leases {
  const until = height(json.until);
  if (json.handOver === null) return { until, handOver: null };
  const { open } = record(json.handOver);
  return { until, handOver: { open: open === null ? null : bytes(open) } };
}

function signedJson({ self, plan, switches, round }: Remembering): Json {
  const { lock, certificate, certifiedAgain, blamed, committed, abstains } = round;
  const domain = domainOf(plan);
  return {
    ...identityOf(plan, self.seat),
    messages: signedBy(round.places, self.seat).map((message) => textOf(encodeMessage(domain, message))),
    lock: lock === null || !switches.lockDurable ? null : lockJson(lock),
    certificate: certificate === null ? null : textOf(encodeCertificate(certificate)),
    certifiedAgain,
    blamed: [...blamed],
    committed: leasesJson(committed),
    abstains,
  };
}

/** A member that signed under one of these must not sign under another in the same window. */
function identityOf({ window, scheduleDigest, seedInput, referenceHash }: QuorumPlan, seat: number) {
  return {
    window: window.index.toString(),
    seat,
    schedule: hexOf(scheduleDigest),
    'seed input': hexOf(seedInput),
    'reference hash': hexOf(referenceHash),
  };
}

function lockJson({ rank, value, prepares }: Lock): Json {
  return {
    rank,
    value: textOf(encodeValue(value)),
    prepares: prepares.map(({ seat, signature }) => ({ seat, signature: textOf(signature) })),
  };
}

function keptOf(json: Json, seat: number): Kept {
  if (typeof json.certifiedAgain !== 'boolean') throw new Error('a flag is missing');
  return {
    places: listOf(json.messages).reduce<Places>((places, item) => {
      const decoded = decodeMessage(bytes(item));
      if (!decoded.ok || decoded.message.header.seat !== seat) throw new Error('a message is missing');
      return withMessage(places, decoded.message);
    }, NO_PLACES),
    lock: json.lock === null ? null : lockOf(record(json.lock)),
    certificate: json.certificate === null ? null : known(decodeCertificate(bytes(json.certificate))),
    certifiedAgain: json.certifiedAgain,
    blamed: new Set(listOf(json.blamed).map(text)),
    committed: leasesOfJson(record(json.committed)),
    abstains: json.abstains === null ? null : text(json.abstains),
  };
}

function lockOf(json: Json): Lock {
  const value = known(decodeValue(bytes(json.value)));
  const prepares = listOf(json.prepares).map((item): Vote => {
    const vote = record(item);
    return { seat: count(vote.seat), signature: bytes(vote.signature) };
  });
  return { rank: count(json.rank), digest: valueDigest(value), value, prepares };
}

type Json = Readonly<Record<string, unknown>>;

function record(value: unknown): Json {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error('no record');
  return value as Json;
}

function listOf(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw new Error('a list is missing');
  return value;
}

function known<Value>(value: Value | null): Value {
  if (value === null) throw new Error('a part cannot be decoded');
  return value;
}

function count(value: unknown): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) throw new Error('no count');
  return value;
}

function height(value: unknown): bigint {
  if (typeof value !== 'string' || !/^(0|[1-9][0-9]{0,19})$/.test(value)) throw new Error('no height');
  return BigInt(value);
}

function text(value: unknown): string {
  if (typeof value !== 'string') throw new Error('a text is missing');
  return value;
}

function bytes(value: unknown): Uint8Array {
  return Uint8Array.from(Buffer.from(text(value), 'base64'));
}

function textOf(value: Uint8Array): string {
  return Buffer.from(value).toString('base64');
}
