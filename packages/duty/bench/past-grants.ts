import { join } from 'node:path';
import {
  type Bounds,
  type Claim,
  type Decision,
  type Duty,
  decide,
  decodeHead,
  dutyNamed,
  encodeHead,
  formatUnit,
  type Mark,
  NO_BASE,
  type Policy,
} from '@watchbill/duty/rule';
import { type LedgerItem, openLedger } from '@watchbill/duty/service';
import type { Store, StoreRecord } from '@watchbill/duty/store';
import { randomHex, systemClock, systemRandom } from '@watchbill/kit';

const clock = systemClock();
const random = systemRandom();
/** Entries in one commit of the ledger, about: a unit has one for each key. */
const ENTRIES_PER_CALL = 1_000;
/** Marks written in one call of the store. */
const MARKS_PER_CALL = 250;
const DIGEST = '5a'.repeat(32);
const INCARNATION = '0123456789abcdef'.repeat(2);

export interface PastGrants {
  /** Data folder of the service, which must not run. */
  readonly dataDir: string;
  readonly policies: readonly Policy[];
  readonly node: string;
  /** Grants of each key: units 1 to this. */
  readonly perKey: number;
  /** Ends the work between two commits. */
  readonly signal: AbortSignal;
}

interface Grown {
  readonly record: StoreRecord;
  readonly policy: Policy;
  mark: Mark;
}

/**
 * Grants as the service would have made them long ago, without its time: the same rule decides each, the same
 * ledger keeps the entries and decisions, and the marks are written to the store once, as the last grant left
 * them.
 */
export async function makePastGrants(past: PastGrants): Promise<number> {
  const ledger = await openLedger({ dir: past.dataDir, clock, random });
  const store = ledger.store();
  try {
    const duty = dutyNamed('babe');
    if (duty === null) throw new Error('there is no duty babe');
    const all = await readMarks(store, duty, past.policies);
    const unitsPerCall = Math.max(1, Math.floor(ENTRIES_PER_CALL / all.length));
    for (let unit = 1; unit <= past.perKey; unit += unitsPerCall) {
      past.signal.throwIfAborted();
      const units = range(unit, Math.min(unit + unitsPerCall, past.perKey + 1));
      // One call, so one commit: the ledger syncs once for all of them.
      await ledger.append(
        units.flatMap((each) => all.map((grown) => grant(grown, duty, each, past.node, ledger.serviceId))),
      );
    }
    await writeMarks(store, duty, all);
    return all.length * past.perKey;
  } finally {
    await store.close();
    await ledger.close();
  }
}

/** The numbers from the first to before the last. */
function range(from: number, to: number): readonly bigint[] {
  return Array.from({ length: to - from }, (_, index) => BigInt(from + index));
}

async function readMarks(store: Store, duty: Duty, policies: readonly Policy[]): Promise<Grown[]> {
  const grown: Grown[] = [];
  const byKey = new Map(policies.map((policy) => [`${policy.chain}/${policy.key}`, policy]));
  for (let after = ''; ; ) {
    const { records, more } = await store.list('mark/', after === '' ? {} : { after });
    for (const record of records) {
      const { recent, units: _units, ...head } = decodeHead(Buffer.from(record.value).toString(), duty);
      const policy = byKey.get(`${head.last.chain}/${head.last.key}`);
      if (policy === undefined || recent === null)
        throw new Error(`${record.key} is not a mark of this bench`);
      grown.push({ record, policy, mark: { ...head, recent } });
    }
    after = records.at(-1)?.key ?? after;
    if (!more) return grown;
  }
}

function grant(grown: Grown, duty: Duty, unit: bigint, node: string, service: string): LedgerItem {
  const { chain, key, ledger, epoch } = grown.mark.last;
  const owner = { node, incarnation: INCARNATION };
  const what = { chain, key, duty, unit: [unit], parts: ['seal'] as const, digest: DIGEST, owner };
  const claim: Claim = { ...what, ledger, epoch, term: null, strictlyIncreasing: false };
  const attempt = { ledger, epoch, nonce: randomHex(random, 8), service, atMs: clock.nowMs() };
  const bounds: Bounds = { ceiling: { kind: 'at', highest: [[unit]] }, lowest: null, base: NO_BASE };
  const decision = decide(grown.policy, grown.mark, claim, bounds, attempt);
  grown.mark = grantedMark(decision);
  const entry = grown.mark.last;
  return { entry, hash: grown.mark.lastHash, decision: decisionOf(claim, entry.seq, attempt.atMs) };
}

function grantedMark(decision: Decision): Mark {
  if (decision.outcome === 'grant' && decision.next !== null) return decision.next;
  throw new Error(`a past grant was not decided as new: ${decision.outcome} ${decision.reason}`);
}

function decisionOf(claim: Claim, seq: bigint, atMs: number): LedgerItem['decision'] {
  return {
    atMs,
    outcome: 'granted',
    reason: 'new',
    detail: '',
    chain: claim.chain,
    key: claim.key,
    duty: claim.duty.name,
    unit: formatUnit(claim.unit),
    parts: claim.parts,
    digest: `0x${DIGEST}`,
    ...claim.owner,
    claimId: `past-${formatUnit(claim.unit)}`,
    seq: seq.toString(),
    via: 'claims',
    tookMs: 1,
  };
}

async function writeMarks(store: Store, duty: Duty, all: readonly Grown[]): Promise<void> {
  for (let from = 0; from < all.length; from += MARKS_PER_CALL) {
    const transactions = all.slice(from, from + MARKS_PER_CALL).map(({ record, mark }) => ({
      compares: [record],
      writes: [{ key: record.key, value: Buffer.from(encodeHead(mark, duty)) }],
    }));
    const results = await store.transact(transactions);
    if (results.some(({ outcome }) => outcome !== 'applied')) throw new Error('a mark was not written');
  }
}

/** Where a service that was started in a folder keeps its data. */
export function dataDirOf(serviceDir: string): string {
  return join(serviceDir, 'data');
}
