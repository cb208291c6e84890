import { followOffences, followVotes, type OffencesAt } from '@watchbill/chain/observe';
import type { Logger } from 'pino';
import type { Policy } from '../../rule/index.ts';
import { offencesOf, votesOf } from './report.ts';
import { reportNumbers, type Step, type StepParts } from './steps.ts';

/** How old the list of keys may be. With a thousand keys it has a megabyte. */
const KEYS_MS = 30_000;
/**
 * Reports the votes of the service's keys in the justifications that the node sees. A report without votes
 * shows that one was read.
 */
export function voteTeller(parts: StepParts): Step {
  const nextNumber = reportNumbers(parts.clock);
  const votes = followVotes(parts.node, nextNumber);
  const narrate = problems(parts.log, 'votes-unread', 'votes are not compared with the grants');
  const keysOf = keyReader(parts);
  return async ({ chain }) => {
    let read = false;
    const found = await votes.next(() => {
      read = true;
      return keysOf(chain);
    });
    narrate(votes.problem());
    if (!read && found.length === 0) return;
    await parts.api.send('POST', '/v1/votes', { ...votesOf(chain, found), number: nextNumber() });
    votes.taken(found);
  };
}

/** The keys that vote on this chain, by the policies of the service. */
function keyReader({ api, clock }: Pick<StepParts, 'api' | 'clock'>) {
  let read: { readonly atMs: number; readonly policies: readonly Policy[] } | null = null;
  return async (chain: string): Promise<ReadonlySet<string>> => {
    const nowMs = clock.monotonicMs();
    if (read === null || nowMs - read.atMs > KEYS_MS) {
      const { policies } = await api.get<{ readonly policies: readonly Policy[] }>('/v1/policies');
      read = { atMs: nowMs, policies };
    }
    const own = read.policies.filter(({ chain: of, duties }) => of === chain && duties.grandpa !== undefined);
    return new Set(own.map(({ key }) => key));
  };
}

/** Reports the equivocations that the finalised blocks record. */
export function offenceTeller(parts: StepParts): Step {
  const offences = followOffences(parts.node);
  const narrate = problems(parts.log, 'offences-unread', 'blocks are not searched for offences');
  return async ({ chain, finalizedBlock }) => {
    const found = await offences.next(Number(finalizedBlock));
    narrate(offences.problem());
    for (const report of found.flatMap((each) => offencesOf(chain, each)))
      await parts.api.send('POST', '/v1/offences', report);
    for (const each of found) narrateOffences(parts.log, each);
    offences.taken();
  };
}

function narrateOffences(log: Logger, { block, otherKinds, unread }: OffencesAt): void {
  const at = { block: block.number };
  const other = 'an offence that is not a second signature: no key is frozen';
  for (const kind of otherKinds) log.info({ event: 'offence-other', ...at, kind }, other);
  const missing = 'an equivocation on chain whose offender was not read';
  for (const why of unread) log.error({ event: 'offence-unread', ...at, why }, missing);
}

/** Logs each new reason once. */
function problems(log: Logger, event: string, text: string): (problem: string | null) => void {
  let last: string | null = null;
  return (problem) => {
    if (problem !== null && problem !== last) log.warn({ event, why: problem }, text);
    last = problem;
  };
}
