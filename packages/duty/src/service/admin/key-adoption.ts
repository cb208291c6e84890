import { randomHex } from '@watchbill/kit';
import {
  type Attempt,
  adoptMark,
  type Duty,
  type LedgerPoint,
  type Policy,
  type Unit,
} from '../../rule/index.ts';
import type { LedgerIdentity } from '../ground/genesis.ts';
import { keys, markName } from '../ground/keys.ts';
import { type HeldMark, markWrites, readMark } from '../ground/marks.ts';
import type { PermitParts } from '../ground/options.ts';
import { compareOf, encodeRecord, toBytes } from '../ground/records.ts';
import type { Ledger, LedgerItem } from '../ledger/port.ts';

/** Where an adoption is written: a running service has these parts, and so has a recovery. */
export interface AdoptionGround extends Pick<PermitParts, 'store' | 'clock' | 'random'> {
  readonly ledger: Pick<Ledger, 'serviceId' | 'point'>;
  /** Budget of one store call, in milliseconds. */
  readonly timeoutMs: number;
  readonly identity: Pick<LedgerIdentity, 'ledger' | 'epoch'>;
}

/** Floors of one key under one version of its policy. */
export interface KeyFloors {
  readonly policy: Policy;
  /** By duty; null for a duty that never signed. */
  readonly floors: readonly (readonly [Duty, Unit | null])[];
  /** The operator and their assertion: text of the ledger entry. */
  readonly note: string;
  /** Throws if the floor is not above what this service remembers of the mark. */
  readonly check: (
    duty: Duty,
    held: HeldMark | null,
    remembered: LedgerPoint | null,
    floor: Unit | null,
  ) => void;
}

/**
 * The part of an adoption that concerns its marks: each mark is read linearizably, compared and begun again
 * under its floor. The caller adds the policy and what else its transaction compares, appends `learned`
 * before it and `written` after it. Throws a StoreFault, and whatever `check` throws.
 */
export async function adoptMarks(ground: AdoptionGround, key: KeyFloors) {
  const adopted = await Promise.all(key.floors.map(([duty, floor]) => adoptDuty(ground, key, duty, floor)));
  return {
    compares: adopted.map(({ compare }) => compare),
    writes: adopted.flatMap(({ writes }) => writes),
    marks: adopted.map(({ duty, held }) => ({ duty, held })),
    // Entries that this service must have on its disk before the transaction, and after it.
    learned: adopted.flatMap(({ before }) => (before === null ? [] : [itemOf(before)])),
    written: adopted.map(({ held }) => itemOf(held)),
  };
}

/** The last entry of a mark, for the ledger of this service. */
export function itemOf({ mark }: HeldMark): LedgerItem {
  return { entry: mark.last, hash: mark.lastHash, decision: null };
}

async function adoptDuty(
  ground: AdoptionGround,
  { policy, note, check }: KeyFloors,
  duty: Duty,
  floor: Unit | null,
) {
  const { store, ledger, timeoutMs } = ground;
  const { chain, key } = policy;
  const ref = { chain, key, duty };
  const remembered = ledger.point(markName(chain, key, duty.name));
  const before = await readMark(store, ref, timeoutMs);
  check(duty, before, remembered, floor);
  const mark = adoptMark(policy, duty, before?.mark ?? null, floor, attemptOf(ground), note);
  const { writes, headText } = markWrites(ref, before?.mark ?? null, mark);
  const [set] = floor ?? [];
  if (duty.name === 'grandpa' && set !== undefined) {
    const value = toBytes(encodeRecord('set', { set: set.toString() }));
    writes.push({ key: keys.adoptedSet(chain, key), value });
  }
  const compare = compareOf(keys.mark(chain, key, duty.name), before?.headText ?? null);
  return { duty, before, held: { mark, headText }, compare, writes };
}

function attemptOf({ identity, ledger, random, clock }: AdoptionGround): Attempt {
  return {
    ledger: identity.ledger,
    epoch: identity.epoch,
    nonce: randomHex(random, 8),
    service: ledger.serviceId,
    atMs: clock.nowMs(),
  };
}
