import {
  type Arrival,
  type Base,
  type Bounds,
  type Claim,
  countedBy,
  lowestBound,
  NO_BASE,
  type Observation,
  observedBase,
  observedCeiling,
  type Policy,
  slotBase,
  slotCeiling,
} from '../../rule/index.ts';

/**
 * The line from which the present session counts units as new: claim protocol section 4, rule 2. All grants
 * of an earlier start lay within a ceiling, so they lie at or below the base, and no memory is needed after a
 * restore.
 */
export interface SessionBase {
  /** When the session was opened, by the wall clock; null if the service created the ledger in this start. */
  readonly openedMs: number | null;
  /** Marks whose adoption began in this session, by name: their floors replace the base. */
  readonly adopted: Set<string>;
}

export type BaseBook = ReturnType<typeof createBase>;

/**
 * The base of the present session. If the service created the ledger in this start, its first session has no
 * base. A later one has, because other services may have granted by then, and the store may have gone back.
 */
export function createBase(created: boolean) {
  let isFirst = created;
  // Before the first session the service denies.
  let base: SessionBase = { openedMs: Number.POSITIVE_INFINITY, adopted: new Set() };
  return {
    now: () => base,
    /** A session was opened at this wall clock time. */
    opened(nowMs: number): void {
      base = { openedMs: isFirst ? null : nowMs, adopted: new Set() };
      isFirst = false;
    },
    /**
     * A peer with an unbroken session has this base. Both moments are safe, so the earlier one counts. The
     * later one may come from a clock that ran ahead: it would deny slots long after the clock was corrected.
     */
    inherited(openedMs: number | null): void {
      const isOwnEarlier = openedMs !== null && base.openedMs !== null && base.openedMs < openedMs;
      if (!isOwnEarlier) base = { ...base, openedMs };
    },
  };
}

/** The clocks and reports that bound a claim. */
export interface Heard {
  readonly base: SessionBase;
  /** Reports since the session was opened, not older than a minute: they bound units now. */
  readonly fresh: readonly Observation[];
  /** First reports since the opening, also of observers that an earlier policy had: no base may fall. */
  readonly first: readonly Observation[];
  /** First reports of earlier sessions, of observers that a policy took away: they do not report again. */
  readonly former: readonly Observation[];
  /** Every report that the store holds, of listed nodes and the policy's observers, whenever it came. */
  readonly known: readonly Observation[];
  /** The newest block that each observer saw arrive, in whichever session. */
  readonly arrivals: readonly Arrival[];
}

/** The bounds of a claim. `mark` is the name of its mark. */
export function boundsOf(policy: Policy, claim: Claim, mark: string, heard: Heard, nowMs: number): Bounds {
  const { duty, owner } = claim;
  const trust = policy.return === 'trust';
  const reports = countedBy(policy, trust ? heard.known : heard.fresh);
  const ceiling =
    duty.ceiling === 'clock'
      ? slotCeiling(duty, policy.ceilings, nowMs, heard.arrivals, owner.node)
      : observedCeiling(duty, policy.ceilings, reports, owner.node);
  return {
    ceiling,
    lowest: lowestBound(duty, policy.ceilings, nowMs, reports, owner.node),
    base: baseOf(policy, claim, mark, heard),
  };
}

/**
 * The base of a mark: an earlier start of a service may have granted units at or below it, and may have lost
 * the memory of that.
 */
export function baseOf(
  policy: Policy,
  { duty, owner }: Pick<Claim, 'duty' | 'owner'>,
  mark: string,
  { base, first, former }: Pick<Heard, 'base' | 'first' | 'former'>,
): Base {
  const trust = policy.return === 'trust';
  if (trust || base.openedMs === null || base.adopted.has(mark)) return NO_BASE;
  if (duty.ceiling === 'clock') return slotBase(duty, policy.ceilings, base.openedMs);
  return observedBase(duty, countedBy(policy, first), owner.node, countedBy(policy, former));
}
