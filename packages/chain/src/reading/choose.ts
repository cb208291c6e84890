import type { Head } from '../header/header.ts';
import type { Probe } from './probe.ts';

/** The reason why an endpoint is not used; `fit` for usable ones. */
export type EndpointStanding =
  | 'fit'
  /** It follows another chain than the pinned one. */
  | 'other-chain'
  /** It did not answer, or failed a read, and its pause is not over. */
  | 'silent'
  /** Its finalised head is far behind that of others, or behind one that was read already. */
  | 'behind'
  /** Its finalised block is old, while another endpoint has a new one. */
  | 'old';

/** Limits beyond which an endpoint is not used. */
export interface ChoiceRules {
  /** Blocks behind the highest finalised head that an endpoint showed. */
  readonly lagBlocks: number;
  /** Age of the head by its own clock, in milliseconds. */
  readonly headAgeMs: number;
}

export interface Judged {
  readonly standing: EndpointStanding;
  readonly head: Head | null;
  readonly headMs: number | null;
}

/**
 * Rates each endpoint against the others. Pure. `seen` is the highest block that was read through any of
 * them: state never goes back. Of three or more, those near the majority are fit. One that is far ahead does
 * not make others late, and one with a new time does not make others old. Of two, the higher and newer one
 * counts, because there is no majority. If every head is old, the chain may have stopped: then the highest
 * are fit, and the facts carry their age.
 */
export function judgeEndpoints(
  probes: readonly Probe[],
  given: { readonly genesis: string; readonly seen: number; readonly nowMs: number },
  rules: ChoiceRules,
): readonly Judged[] {
  const heads = probes.flatMap((each) =>
    each.result === 'answered' && each.genesis === given.genesis ? [each] : [],
  );
  const reached = reachedByMost(heads.map(({ head }) => head.number));
  const isOld = (headMs: number | null): boolean => headMs !== null && given.nowMs - headMs > rules.headAgeMs;
  const fresh = heads.filter(({ head, headMs }) => !isOld(headMs) && head.number >= given.seen).length;
  const othersAreNew = heads.length > 2 ? 2 * fresh > heads.length : fresh > 0;
  return probes.map((each): Judged => {
    if (each.result === 'silent') return { standing: 'silent', head: null, headMs: null };
    const { head, headMs } = each;
    const judged = (standing: EndpointStanding): Judged => ({ standing, head, headMs });
    if (each.genesis !== given.genesis) return judged('other-chain');
    if (head.number < given.seen || head.number < reached - rules.lagBlocks) return judged('behind');
    return judged(othersAreNew && isOld(headMs) ? 'old' : 'fit');
  });
}

/** The highest block that more than half of three or more have reached; of one or two, the highest. */
function reachedByMost(numbers: readonly number[]): number {
  const falling = numbers.toSorted((a, b) => b - a);
  return falling[numbers.length > 2 ? Math.floor(numbers.length / 2) : 0] ?? -1;
}

/**
 * The chain of most endpoints, for a programme that did not pin one; the first in the list on a tie; null if
 * none answered.
 */
export function commonGenesis(probes: readonly Probe[]): string | null {
  const votes = new Map<string, number>();
  for (const each of probes)
    if (each.result === 'answered') votes.set(each.genesis, (votes.get(each.genesis) ?? 0) + 1);
  return [...votes].sort(([, one], [, other]) => other - one)[0]?.[0] ?? null;
}

/**
 * Whether more than half of the answers have a block as final: `own`, the block of the `others` at its height
 * (null: no answer, which does not count), and `below`, the number of endpoints that have not reached it yet.
 */
export function isAgreed(own: string, others: readonly (string | null)[], below: number): boolean {
  const answers = [own, ...others.filter((hash) => hash !== null)];
  return 2 * answers.filter((hash) => hash === own).length > answers.length + below;
}
