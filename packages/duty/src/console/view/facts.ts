import type { Clock } from '@watchbill/kit';
import type {
  DecisionRecord,
  MarkView,
  Permit,
  PermitHealth,
  RollbackReportView,
  ServiceView,
  StandbyView,
  UnitView,
  Upkeep,
  WatchState,
} from '../../service/index.ts';
import { bySeverity, keyName, keyState } from './sentence.ts';

export type KeyPolicy = Awaited<ReturnType<Permit['policies']>>[number];

/** A unit as `GET /v1/units` has it: decision 0034. */
export type UnitRecord = Omit<UnitView, 'missed' | 'outcome'> & { readonly outcome: string };

/** A question to a permit, which one in this process may answer at once. */
type Ask<Name extends keyof Permit> = Permit[Name] extends (...asked: infer Asked) => infer Answer
  ? (...asked: Asked) => Answer | Promise<Awaited<Answer>>
  : never;

/** A service to show: a permit in this process, or one that is asked over HTTP. */
export type ConsoleSource = {
  readonly [Name in
    | 'health'
    | 'services'
    | 'policies'
    | 'watches'
    | 'marks'
    | 'standbys'
    | 'rollbackReports'
    | 'upkeep'
    | 'decisions'
    | 'units']: Ask<Name>;
};

/** Everything that one view needs, read at about the same time. */
export interface Facts {
  readonly nowMs: number;
  readonly health: PermitHealth;
  readonly services: readonly ServiceView[];
  readonly policies: readonly KeyPolicy[];
  readonly watches: readonly WatchState[];
  readonly marks: readonly MarkView[];
  readonly standbys: readonly StandbyView[];
  readonly reports: readonly RollbackReportView[];
  readonly upkeep: Upkeep;
  /** The newest refusals of all keys, newest first. */
  readonly refusals: readonly DecisionRecord[];
  /** By `chain key`: the newest decisions, newest first, and the units. */
  readonly keys: ReadonlyMap<string, KeyFacts>;
  /** Keys that do not fit; none of them is worse than those of `policies`. */
  readonly others: readonly KeyPolicy[];
}

export interface KeyFacts {
  readonly decisions: readonly DecisionRecord[];
  readonly units: readonly UnitRecord[];
}

/** Keys in one view. A page with more would be larger than 80 kB. */
export const MAX_KEYS = 12;
/** Cells of all strips together, and of one strip. */
const MAX_CELLS = 456;
export const STRIP_CELLS = 64;
/** Decisions of one unit: enter, prevote and precommit of a round, and refusals of a standby. */
const DECISIONS_PER_CELL = 6;
const MAX_DECISIONS = 1_000;
const REFUSALS = 500;

/** Duties that are enabled for a key, in the order of the policy. */
export function dutiesOf(policy: KeyPolicy): readonly string[] {
  return Object.entries(policy.duties)
    .filter(([, duty]) => duty?.enabled === true)
    .map(([name]) => name);
}

/** Cells of each strip, so that a page with many keys stays small. */
export function cellsPerStrip(policies: readonly KeyPolicy[]): number {
  const strips = policies.reduce((sum, policy) => sum + dutiesOf(policy).length, 0);
  return Math.min(STRIP_CELLS, Math.floor(MAX_CELLS / Math.max(1, strips)));
}

/** Reads a service, with its {@link MAX_KEYS} worst keys. */
export function factsReader(source: ConsoleSource, clock: Clock): () => Promise<Facts> {
  const readUnits = unitReader(source, clock);
  return () => readFacts(source, readUnits, clock.nowMs());
}

async function readFacts(
  source: ConsoleSource,
  readUnits: ReturnType<typeof unitReader>,
  nowMs: number,
): Promise<Facts> {
  const health = await source.health();
  // Only the store has them, and the page is needed most while it is down.
  const stored = async <Item>(items: Promise<readonly Item[]>): Promise<readonly Item[]> =>
    health.store.ok ? items : items.catch(() => []);
  // First those that may throw at once: beside a question under way, its refusal would end the process.
  const [refused, upkeep, services, all, watches, marks, standbys, reports] = await Promise.all([
    source.decisions({ outcome: 'denied', limit: REFUSALS }),
    source.upkeep(),
    stored(source.services()),
    source.policies(),
    source.watches({}),
    stored(source.marks({})),
    source.standbys({}),
    source.rollbackReports(),
  ]);
  const known = { nowMs, health, watches, standbys, reports };
  const states = new Map(all.map((policy) => [policy, keyState(policy, known)] as const));
  const sorted = [...states]
    .toSorted(([, one], [, other]) => bySeverity(one, other))
    .map(([policy]) => policy);
  const policies = sorted.slice(0, MAX_KEYS);
  const cells = cellsPerStrip(policies);
  const keys = new Map<string, KeyFacts>();
  for (const policy of policies) {
    const limit = Math.max(1, cells * dutiesOf(policy).length);
    const { chain, key } = policy;
    const [page, units] = await Promise.all([
      source.decisions({ chain, key, limit: Math.min(MAX_DECISIONS, limit * DECISIONS_PER_CELL) }),
      readUnits(policy, limit),
    ]);
    keys.set(keyName(policy), { decisions: page.decisions, units });
  }
  const facts = { ...known, services, policies, others: sorted.slice(MAX_KEYS), marks, upkeep };
  return { ...facts, refusals: refused.decisions, keys };
}

/** How long the units of a key are kept. Reading them asks every service of the ledger. */
const UNITS_FOR_MS = 10_000;

/**
 * Reads the newest units of each duty (decision 0034), each key at most every ten seconds. Only the first
 * reading of a key is waited for: a service that is down must not hold up the page.
 */
function unitReader(source: Pick<ConsoleSource, 'units'>, clock: Pick<Clock, 'monotonicMs'>) {
  const kept = new Map<string, { readonly atMs: number; readonly units: Promise<readonly UnitRecord[]> }>();
  return async (policy: KeyPolicy, limit: number): Promise<readonly UnitRecord[]> => {
    const atMs = clock.monotonicMs();
    const last = kept.get(keyName(policy));
    if (last !== undefined && atMs - last.atMs < UNITS_FOR_MS) return last.units;
    const units = readAll(source, policy, limit);
    const shown = last === undefined ? units : Promise.race([units, last.units]);
    kept.set(keyName(policy), { atMs, units: shown });
    units.then(
      () => kept.set(keyName(policy), { atMs, units }),
      () => kept.delete(keyName(policy)),
    );
    return shown;
  };
}

async function readAll(
  source: Pick<ConsoleSource, 'units'>,
  policy: KeyPolicy,
  limit: number,
): Promise<readonly UnitRecord[]> {
  const { chain, key } = policy;
  const pages = dutiesOf(policy).map((duty) => source.units({ chain, key, duty, limit }));
  return (await Promise.all(pages)).flatMap(({ units }) => units);
}
