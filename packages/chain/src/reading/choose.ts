import type { Head } from '../header/header.ts';
import type { Probe } from './probe.ts';

/** Why an endpoint is left for another one; `fit` for the ones that may serve. */
export const STANDINGS = [
  'fit',
  /** It is of another chain than the one that is pinned. */
  'other-chain',
  /** It did not answer, or broke a read, and its pause is not over. */
  'silent',
  /** Its finalised head is far behind that of others, or behind one that was read already. */
  'behind',
  /** The newest block that it holds for final is old, while another endpoint has a new one. */
  'old',
] as const;
export type EndpointStanding = (typeof STANDINGS)[number];

/** From when on an endpoint is left for another one. */
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
 * How each endpoint stands beside the others. Pure. `seen` is the highest block that was read through any of them: state never goes
 * back. Where every head is old, the chain may stand still: then the highest are fit, and their age goes with the facts.
 */
export function judgeEndpoints(
  probes: readonly Probe[],
  given: { readonly genesis: string; readonly seen: number; readonly nowMs: number },
  rules: ChoiceRules,
): readonly Judged[] {
  const heads = probes.flatMap((each) =>
    each.result === 'answered' && each.genesis === given.genesis ? [each] : [],
  );
  const highest = Math.max(-1, ...heads.map(({ head }) => head.number));
  const isOld = (headMs: number | null): boolean => headMs !== null && given.nowMs - headMs > rules.headAgeMs;
  const someNew = heads.some(({ head, headMs }) => !isOld(headMs) && head.number >= given.seen);
  return probes.map((each): Judged => {
    if (each.result === 'silent') return { standing: 'silent', head: null, headMs: null };
    const { head, headMs } = each;
    const judged = (standing: EndpointStanding): Judged => ({ standing, head, headMs });
    if (each.genesis !== given.genesis) return judged('other-chain');
    if (head.number < given.seen || head.number < highest - rules.lagBlocks) return judged('behind');
    return judged(someNew && isOld(headMs) ? 'old' : 'fit');
  });
}

/**
 * The chain of most endpoints, for a programme that did not pin one; the first to be named on a tie; null where none answered.
 */
export function commonGenesis(probes: readonly Probe[]): string | null {
  const votes = new Map<string, number>();
  for (const each of probes)
    if (each.result === 'answered') votes.set(each.genesis, (votes.get(each.genesis) ?? 0) + 1);
  let [best, most] = [null as string | null, 0];
  for (const [genesis, count] of votes) if (count > most) [best, most] = [genesis, count];
  return best;
}

/** Whether the endpoints that know the height agree with one of them, by more than half of those that answered. */
export function isAgreed(own: string, others: readonly (string | null)[]): boolean {
  const answers = [own, ...others.filter((hash) => hash !== null)];
  return 2 * answers.filter((hash) => hash === own).length > answers.length;
}
