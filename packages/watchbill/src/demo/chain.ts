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
const PRIMARY_SHARE = 0.25;

/** A round of GRANDPA; rounds restart at 1 with each set. */
export type Round = ReturnType<typeof roundFromSlot>;
export type Schedule = ReturnType<typeof schedule>;

/** A schedule over the given chain: its authors, rounds and deadlines, as the claim protocol gives them. */
export function schedule(spec: ChainSpec) {
  const { slotMs, authorities } = spec;
  const known = new Map<number, string>([[0, spec.randomness]]);
  // Equal authorities: 1 - (1 - c)^(1/n).
  const threshold = 1 - (1 - PRIMARY_SHARE) ** (1 / authorities.length);

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

  /** Whether the authority won the slot: as a primary author, or as the one secondary author. */
  function isAuthor(slot: number, authority: number): boolean {
    const key = authorities[authority];
    if (key === undefined || slot < spec.genesisSlot) return false;
    const random = randomness(epochOf(slot));
    if (shareOf(digest('primary', random, String(slot), key)) < threshold) return true;
    const secondary = shareOf(digest('secondary', random, String(slot)));
    return Math.floor(secondary * authorities.length) === authority;
  }

  const slotAt = (nowMs: number): number => Math.floor(nowMs / slotMs);
  const roundAt = (nowMs: number): Round => roundFromSlot(spec, slotAt(nowMs));
  const at = (round: Round, share: number): number => round.startMs + (round.endMs - round.startMs) * share;
  return {
    spec,
    slotAt,
    slotStartMs: (slot: number) => slot * slotMs,
    /** Past two thirds of its slot a block is not sealed. */
    sealDeadlineMs: (slot: number) => (slot + 2 / 3) * slotMs,
    epochOf,
    isAuthor,
    roundAt,
    /** The round after, in the next set where this one was the last. */
    nextRound: (round: Round) => roundAt(round.endMs),
    /** Past this the node abstains for the round: it has not been let in. */
    enterDeadlineMs: (round: Round) => at(round, 0.65),
    precommitAtMs: (round: Round) => at(round, 0.35),
    /** A vote that comes while the next round runs still counts; later it is missed. */
    voteDeadlineMs: (round: Round) => at(round, 2),
  };
}

function roundFromSlot(spec: ChainSpec, slot: number) {
  const since = slot - spec.genesisSlot;
  const set = Math.floor(since / spec.epochSlots);
  const index = Math.floor((since - set * spec.epochSlots) / spec.roundSlots);
  const round = index + 1;
  const target = set * spec.epochSlots + index * spec.roundSlots;
  const startMs = (spec.genesisSlot + target) * spec.slotMs;
  const endMs = startMs + spec.roundSlots * spec.slotMs;
  return {
    ...{ set, round, startMs },
    /** Where the next round begins. */
    endMs,
    /** Index of the authority that proposes. */
    primary: round % spec.authorities.length,
    /** Height that the round votes for. */
    target,
  };
}

/** A hash as a number in [0, 1). */
function shareOf(hash: Buffer): number {
  return hash.readUInt32LE(0) / 2 ** 32;
}

function digest(...pieces: readonly string[]): Buffer {
  return createHash('sha256').update(pieces.join('\n')).digest();
}
