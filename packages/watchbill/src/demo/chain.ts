import { createHash } from 'node:crypto';

/**
 * The simulated chain: the arithmetic of BABE epochs and slots and of GRANDPA sets and rounds is the real
 * one, but with a hash in place of a VRF, and the clock in place of gossip. Everything here is
 * pure.
 */
export interface ChainSpec {
  /** Genesis hash, `0x` and 64 hex digits. */
  readonly chain: string;
  readonly slotMs: number;
  readonly epochSlots: number;
  /** Slots in a GRANDPA round; divides `epochSlots`. */
  readonly roundSlots: number;
  /** First slot of epoch 0. Slots count from the Unix epoch, as BABE's do. */
  readonly genesisSlot: number;
  /** Randomness of epoch 0, 64 hex digits. */
  readonly randomness: string;
  /** Public keys in authority order. */
  readonly authorities: readonly string[];
}

/** Share of slots that have a primary author: the constant c of BABE. */
export const PRIMARY_SHARE = 0.25;

/** How an authority came to a slot. */
export type SlotClaim = 'primary' | 'secondary';

/** A round of GRANDPA; rounds restart at 1 with each set. */
export interface Round {
  readonly set: number;
  readonly round: number;
  readonly startMs: number;
  /** Where the next round begins. */
  readonly endMs: number;
  /** Index of the authority that proposes. */
  readonly primary: number;
  /** Height that the round votes for. */
  readonly target: number;
}

export type Schedule = ReturnType<typeof schedule>;

/** A schedule over the given chain. Throws where the numbers do not make a chain. */
export function schedule(spec: ChainSpec) {
  check(spec);
  const known = new Map<number, string>([[0, spec.randomness]]);
  const threshold = primaryThreshold(spec.authorities.length);

  function randomness(epoch: number): string {
    // Each epoch's randomness is mixed from the one before, so walk up from the nearest known one.
    let from = epoch;
    while (!known.has(from) && from > 0) from--;
    let value = known.get(from) ?? spec.randomness;
    for (let next = from + 1; next <= epoch; next++) {
      value = digest('epoch', value, String(next)).toString('hex');
      known.set(next, value);
    }
    return value;
  }

  /** Negative before epoch 0. */
  function epochOf(slot: number): number {
    return Math.floor((slot - spec.genesisSlot) / spec.epochSlots);
  }

  /** How the authority won the slot, or null. */
  function claimOf(slot: number, authority: number): SlotClaim | null {
    const key = spec.authorities[authority];
    if (key === undefined || slot < spec.genesisSlot) return null;
    const random = randomness(epochOf(slot));
    if (lowHalf(digest('primary', random, String(slot), key)) < threshold) return 'primary';
    return secondaryAuthor(random, slot, spec.authorities.length) === authority ? 'secondary' : null;
  }

  const slotAt = (nowMs: number): number => Math.floor(nowMs / spec.slotMs);
  const roundAt = (nowMs: number): Round => roundFromSlot(spec, slotAt(nowMs));
  return {
    spec,
    slotAt,
    slotStartMs: (slot: number) => slot * spec.slotMs,
    epochOf,
    randomness,
    claimOf,
    roundAt,
    /** The round after, in the next set where this one was the last. */
    nextRound: (round: Round) => roundAt(round.endMs),
  };
}

/** The primary threshold of equal authorities in 128 bits: 1 - (1 - c)^(1/n). */
export function primaryThreshold(authorities: number): bigint {
  const share = 1 - (1 - PRIMARY_SHARE) ** (1 / authorities);
  // A double carries 53 bits; the other 75 bits of the 128 are zero.
  return BigInt(Math.floor(share * 2 ** 53)) << 75n;
}

/** The authority that fills a slot for which no primary is needed: hash modulo the number of authorities. */
function secondaryAuthor(randomness: string, slot: number, authorities: number): number {
  const number = BigInt(`0x${digest('secondary', randomness, String(slot)).toString('hex')}`);
  return Number(number % BigInt(authorities));
}

function roundFromSlot(spec: ChainSpec, slot: number): Round {
  const since = slot - spec.genesisSlot;
  const set = Math.floor(since / spec.epochSlots);
  const index = Math.floor((since - set * spec.epochSlots) / spec.roundSlots);
  const round = index + 1;
  const target = set * spec.epochSlots + index * spec.roundSlots;
  const startMs = (spec.genesisSlot + target) * spec.slotMs;
  const endMs = startMs + spec.roundSlots * spec.slotMs;
  return { set, round, startMs, endMs, primary: round % spec.authorities.length, target };
}

/** 128 bits of a hash, as a number. */
function lowHalf(hash: Buffer): bigint {
  return hash.readBigUInt64LE(0) | (hash.readBigUInt64LE(8) << 64n);
}

function digest(...pieces: readonly string[]): Buffer {
  return createHash('sha256').update(pieces.join('\n')).digest();
}

function check(spec: ChainSpec): void {
  if (spec.authorities.length === 0) throw new RangeError('a chain needs an authority');
  if (spec.slotMs < 1 || spec.epochSlots < 1 || spec.roundSlots < 1) {
    throw new RangeError('slots, epochs and rounds have a length of at least 1');
  }
  if (spec.epochSlots % spec.roundSlots !== 0) {
    throw new RangeError(
      `an epoch of ${spec.epochSlots} slots does not hold whole rounds of ${spec.roundSlots}`,
    );
  }
}
