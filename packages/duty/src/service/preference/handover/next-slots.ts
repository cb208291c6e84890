import { DUTIES, type Policy, slotAt, slotOfRelayParent, slotStartMs } from '../../../rule/index.ts';
import type { DueReport } from '../../contract.ts';
import type { CoreModules } from '../../modules.ts';
import { mayObserve } from '../../observations/observers.ts';
import { type Found, fail, ok, unclear } from './found.ts';

/** The next slots of each key, as observers computed them. In memory only. */
export type NextSlots = ReturnType<typeof createNextSlots>;

interface Known {
  /** The last slot whose owner is known. */
  readonly until: bigint;
  /** The slots of the key. */
  readonly slots: readonly bigint[];
}

/** A handover takes less than this many slots. */
const SLOTS_AHEAD = 2n;
/**
 * A report may reach this many slots ahead. A report with an absurd slot must not block all later reports.
 */
const FARTHEST = 64n;

const NOT_REPORTED = unclear('the next slots of the key are not known: no observer has reported them here');

const OF_RELAY = unclear(
  'a collator builds when the relay chain has a new block, so its slots are not known in advance',
);

export function createNextSlots({ policies, context }: CoreModules) {
  const { clock } = context.parts;
  const known = new Map<string, Known>();
  const nameOf = (chain: string, key: string, duty: string): string => `${chain} ${key} ${duty}`;

  return {
    noted({ chain, duty, next }: DueReport, observer: string): void {
      if (next === undefined) return;
      const until = BigInt(next.until);
      for (const policy of policies.all()) {
        if (policy.chain !== chain || policy.duties[duty]?.enabled !== true) continue;
        const name = nameOf(chain, policy.key, duty);
        // Reports of forks and of a second observer may be older than the newest one.
        if (!mayObserve(policy, observer) || until < (known.get(name)?.until ?? 0n)) continue;
        if (until > slotAt(policy.ceilings, clock.nowMs()) + FARTHEST) continue;
        const slots = next.due.filter(({ key }) => key === policy.key).map(({ unit }) => BigInt(unit));
        known.set(name, { until, slots });
      }
    },
    /** Whether a slot of the key begins within {@link SLOTS_AHEAD} slots: the check `due` of a drill. */
    check(policy: Policy): Found {
      const now = slotAt(policy.ceilings, clock.nowMs());
      const last = now + SLOTS_AHEAD;
      const withinS = Math.round((Number(SLOTS_AHEAD) * policy.ceilings.slotMs) / 1_000);
      const enabled = DUTIES.filter(({ name }) => policy.duties[name]?.enabled === true);
      if (enabled.some(slotOfRelayParent)) return OF_RELAY;
      const duties = enabled.filter(({ ceiling }) => ceiling === 'clock');
      const found = duties.map(({ name }) => known.get(nameOf(policy.chain, policy.key, name)));
      const due = found.flatMap((one) => one?.slots ?? []).sort((one, other) => Number(one - other));
      const slot = due.find((one) => one >= now && one <= last);
      if (slot !== undefined) return dueSoon(slot, slotStartMs(policy.ceilings, slot) - clock.nowMs());
      if (duties.length === 0) return ok('no duty of the policy has slots');
      if (found.some((one) => one === undefined || one.until < last)) return NOT_REPORTED;
      if (duties.some(({ name }) => name === 'babe')) {
        return unclear(`no secondary slot within ${withinS} s; only the node knows its primary slots`);
      }
      return ok(`no slot of the key begins within ${withinS} s`);
    },
  };
}

function dueSoon(slot: bigint, inMs: number): Found {
  const when = inMs <= 0 ? 'has begun' : `begins in ${Math.ceil(inMs / 1_000)} s`;
  const remedy = 'Wait until the slot is over, or hand over now: then this slot may be missed.';
  return fail(`slot ${slot} of the key ${when}`, remedy);
}
