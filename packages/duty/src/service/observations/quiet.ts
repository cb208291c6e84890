import { dutyNamed, type Policy } from '../../rule/index.ts';
import { PermitFault, type PolicyDocument, type VotesReport } from '../contract.ts';
import type { CoreContext } from '../ground/context.ts';
import { namesOf } from './observers.ts';

/**
 * An observer that reports no block, or no vote, for so long may be cut off from the chain. After a policy
 * changed, its list of keys may be old for so long.
 */
const STALE_MS = 60_000;

const STOP = 'Find the other signer and stop it, and choose floors above all that it signed.';
const KEEP =
  'Apply the policy first, and keep `watchbill observe` running against this service, with the ws:// address of a node in sync: it sees blocks and GRANDPA votes alone.';

/**
 * How long observers have seen no signature of a key that this ledger does not explain: decision 0092. All
 * moments are of the monotonic clock.
 */
export function createQuietBook({ parts: { clock } }: CoreContext) {
  /** Reports of one observer without a number that is missing. */
  const runs = new Map<
    string,
    { readonly number: number; readonly sinceMs: number; readonly atMs: number }
  >();
  const known = new WeakMap<PolicyDocument, number>();
  const foreign = new Map<string, { readonly what: string; readonly atMs: number }>();

  /** Since when an observer has reported the signatures of a duty; infinite if none does. */
  function sinceOf(policy: PolicyDocument, duty: string): number {
    const kind = dutyNamed(duty)?.parts.includes('seal') === true ? 'blocks' : duty;
    const found = namesOf(policy).flatMap((name) => runs.get(`${kind} ${policy.chain} ${name}`) ?? []);
    const alive = found.filter(({ atMs }) => clock.monotonicMs() - atMs < STALE_MS);
    return Math.min(...alive.map(({ sinceMs }) => sinceMs));
  }

  return {
    /** The signatures of this report were compared with the grants. */
    heard(
      kind: 'blocks' | 'grandpa',
      { chain, number = Number.NaN }: Pick<VotesReport, 'chain' | 'number'>,
      observer: string,
      policies: readonly Policy[],
    ): void {
      const atMs = clock.monotonicMs();
      for (const policy of policies) if (!known.has(policy)) known.set(policy, atMs);
      const last = runs.get(`${kind} ${chain} ${observer}`);
      const goesOn = last !== undefined && number === last.number + 1 && atMs - last.atMs < STALE_MS;
      runs.set(`${kind} ${chain} ${observer}`, { number, atMs, sinceMs: goesOn ? last.sinceMs : atMs });
    },
    /** The service knows no grant of this signature. */
    saw({ chain, key, duties }: Policy, duty: string, what: string): void {
      if (duties[duty]?.enabled !== true) return;
      foreign.set(`${chain} ${key}`, { what, atMs: clock.monotonicMs() });
    },
    /** Throws a PermitFault `not-quiet` unless the key was seen to be quiet for so long. */
    mustHold(policy: PolicyDocument, quietMs: number): void {
      const nowMs = clock.monotonicMs();
      const names = Object.keys(policy.duties).filter((name) => policy.duties[name]?.enabled === true);
      const listedMs = (known.get(policy) ?? Number.POSITIVE_INFINITY) + STALE_MS;
      const sinceMs = Math.max(listedMs, ...names.map((name) => sinceOf(policy, name)));
      const seen = foreign.get(`${policy.chain} ${policy.key}`);
      const missingMs = Math.max(sinceMs, seen?.atMs ?? sinceMs) + quietMs - nowMs;
      if (missingMs <= 0) return;
      const isKnown = Number.isFinite(missingMs);
      const again = isKnown
        ? `Adopt again after ${new Date(clock.nowMs() + missingMs + 999).toISOString().replace(/[.]\d+/, '')}.`
        : KEEP;
      if (seen !== undefined && nowMs - seen.atMs < quietMs)
        throw new PermitFault('not-quiet', 409, `the key is in use: ${seen.what}`, `${STOP} ${again}`);
      const watchedS = Math.max(0, Math.floor((nowMs - sinceMs) / 1_000));
      const message = `observers of the key reported to this service for ${watchedS} s without a gap, not for ${quietMs / 1_000} s`;
      throw new PermitFault('not-quiet', 409, message, again);
    },
  };
}
