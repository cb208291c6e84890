import { createHmac, createSecretKey, type KeyObject, timingSafeEqual } from 'node:crypto';
import type { Duty, Part } from './duties.ts';
import { belowFloor, findRecent, type Mark, topOf } from './mark.ts';
import { formatUnit, parseUnit, type Unit } from './units.ts';

/**
 * A point of the ledger: one entry, and the highest unit of its mark then. A service remembers its points,
 * and sends a claimant one as a word, which the claimant sends back with its next claim.
 */
export interface LedgerPoint {
  readonly epoch: string;
  readonly seq: bigint;
  /** Hash of the entry: 64 hex digits. */
  readonly hash: string;
  /** The unit that was granted; for an adoption the floor, or null if there is none. */
  readonly unit: Unit | null;
  /** The first part that the entry granted; null for an adoption. */
  readonly part: Part | null;
  readonly nonce: string;
  /** Highest unit of the mark after the entry; null if the key never signed. */
  readonly top: Unit | null;
}

/** The point at which a mark stands: its last entry. */
export function pointOf(mark: Mark): LedgerPoint {
  const { seq, unit, parts, nonce } = mark.last;
  return {
    epoch: mark.epoch,
    seq,
    hash: mark.lastHash,
    unit,
    part: parts[0] ?? null,
    nonce,
    top: topOf(mark),
  };
}

const NO_EPOCHS: ReadonlySet<string> = new Set();

/**
 * How a mark accounts for a point that a service or a claimant remembers: protocol section 2.
 *
 * - `lineage`: the mark holds what the point granted, or stands at its entry, or was adopted by it
 * - `floor`: the mark denies for ever everything that was granted up to the point
 * - `gap`: the unit of the point is denied for ever, but not everything below `top`; nothing shows what came
 *   between
 * - `none`: the mark does not know the point, so the store may have gone back in time
 *
 * A point of a voided epoch is explained by a floor at or above its `top` in a mark of the present epoch, and
 * by nothing less. A mark of a voided epoch explains points of the same epoch; it grants nothing.
 *
 * @param epoch the epoch of the ledger now; points and marks of any other epoch explain nothing
 * @param voided epochs that a recovery of this ledger ended
 */
export function explains(
  mark: Mark | null,
  epoch: string,
  point: LedgerPoint,
  voided: ReadonlySet<string> = NO_EPOCHS,
): 'lineage' | 'floor' | 'gap' | 'none' {
  if (mark === null) return 'none';
  if (mark.epoch === epoch && voided.has(point.epoch) && point.epoch !== epoch)
    return isBelow(mark, point) ? 'floor' : 'none';
  if (mark.epoch !== point.epoch || (mark.epoch !== epoch && !voided.has(mark.epoch))) return 'none';
  if (mark.lastHash === point.hash || mark.adoption === point.hash || holds(mark, point)) return 'lineage';
  if (isBelow(mark, point)) return 'floor';
  if (point.top === null) return 'none';
  return point.unit !== null && belowFloor(mark.floor, point.unit) ? 'gap' : 'none';
}

/** True if the mark denies for ever all that was granted up to the point. */
function isBelow(mark: Mark, { top, unit, part }: LedgerPoint): boolean {
  return top === null ? unit === null && part === null : belowFloor(mark.floor, top);
}

/** True if `recent` holds the unit and part of the point, written by the same attempt. */
function holds(mark: Mark, point: LedgerPoint): boolean {
  const known = point.unit === null ? undefined : findRecent(mark, point.unit);
  if (known === undefined) return false;
  if (point.part === 'enter') return known.enters.some((enter) => enter.nonce === point.nonce);
  return known.parts.some((grant) => grant.part === point.part && grant.nonce === point.nonce);
}

/** The mark that a word is about. */
export interface WordPlace {
  readonly ledger: string;
  readonly chain: string;
  readonly key: string;
  readonly duty: Duty;
}

/** Signs and checks the words of one ledger: see {@link wordKeyOf}. */
export type WordKey = KeyObject;

/**
 * The key of the words of a ledger, derived from its peer secret: no other use of the secret can be made to
 * sign a word. Make it once, because setting a key up takes Node ten times as long as signing a word.
 */
export function wordKeyOf(peerSecret: string): WordKey {
  return createSecretKey(createHmac('sha256', peerSecret).update('watchbill word 1').digest());
}

export type WordParse =
  | { readonly ok: true; readonly point: LedgerPoint }
  | { readonly ok: false; readonly why: 'malformed' | 'other-ledger' | 'forged' };

const PREFIX = 'w1';
const MAX_WORD = 512;
/** Ids and nonces are hex in practice; a dot in one would shift the pieces of the text. */
const NAME = '[A-Za-z0-9_-]{1,64}';
const UNIT = '(?:-|[0-9]+(?:/[0-9]+)*)';
const PIECES = new RegExp(
  `^${PREFIX}\\.(${NAME})\\.(${NAME})\\.(0|[1-9][0-9]{0,19})\\.([0-9a-f]{64})` +
    `\\.(${UNIT})\\.(-|[a-z]{1,16})\\.(${NAME})\\.(${UNIT})\\.([0-9a-f]{64})$`,
);

/**
 * A point as the text that a claimant receives, with an HMAC under the ledger's word key over the text and
 * the name of the mark: only a service of this ledger can have written it, and only for this mark. Throws a
 * RangeError on a point that has no text, for example an id with a dot; the message has no secret.
 */
export function encodeWord(point: LedgerPoint, place: WordPlace, wordKey: WordKey): string {
  const pieces = [
    PREFIX,
    place.ledger,
    point.epoch,
    point.seq.toString(),
    point.hash,
    point.unit === null ? '-' : formatUnit(point.unit),
    point.part ?? '-',
    point.nonce,
    point.top === null ? '-' : formatUnit(point.top),
  ];
  const body = pieces.join('.');
  const text = `${body}.${proofOf(body, place, wordKey).toString('hex')}`;
  if (text.length > MAX_WORD || !PIECES.test(text)) {
    throw new RangeError(
      `entry ${point.seq} of ${place.duty.name} has no text as a word: ${body.slice(0, MAX_WORD)}`,
    );
  }
  return text;
}

/**
 * Read a word that a claimant sent. `other-ledger`: it names another ledger. `forged`: its HMAC does not fit
 * this ledger's key and this mark. A word that was issued for another mark is forged too.
 */
export function decodeWord(text: string, place: WordPlace, wordKey: WordKey): WordParse {
  const pieces = text.length <= MAX_WORD ? PIECES.exec(text) : null;
  if (pieces === null) return { ok: false, why: 'malformed' };
  const [
    ,
    ledger = '',
    epoch = '',
    seq = '',
    hash = '',
    unit = '',
    part = '',
    nonce = '',
    top = '',
    proof = '',
  ] = pieces;
  if (ledger !== place.ledger) return { ok: false, why: 'other-ledger' };
  const body = text.slice(0, text.lastIndexOf('.'));
  if (!timingSafeEqual(proofOf(body, place, wordKey), Buffer.from(proof, 'hex'))) {
    return { ok: false, why: 'forged' };
  }
  const [granted, highest] = [unitOf(unit, place.duty), unitOf(top, place.duty)];
  const named = part === '-' ? null : place.duty.parts.find((each) => each === part);
  // A service of this ledger wrote it, so only a duty that changed since can bring us here.
  if (granted === undefined || highest === undefined || named === undefined) {
    return { ok: false, why: 'malformed' };
  }
  const point = { epoch, seq: BigInt(seq), hash, unit: granted, part: named, nonce, top: highest };
  return { ok: true, point };
}

/** Null for a dash, undefined for a text that is not a unit of the duty. */
function unitOf(text: string, duty: Duty): Unit | null | undefined {
  if (text === '-') return null;
  const parsed = parseUnit(duty.fields, text);
  return parsed.ok ? parsed.unit : undefined;
}

function proofOf(body: string, { chain, key, duty }: WordPlace, wordKey: WordKey): Buffer {
  const name = JSON.stringify([chain, key, duty.name]);
  return createHmac('sha256', wordKey).update(`${body}\n${name}`).digest();
}
