import { compareUnits } from '@watchbill/duty';
import { NO_ANSWER } from '../operator/commands.ts';
import { unitOf } from '../operator/truth.ts';
import type { AnswerEvent, SimEvent } from '../world/history.ts';
import type { Violation } from './oracle.ts';

/**
 * N: a service that answered a node's word with `store-behind` grants no claim that arrives later, of any
 * key, until an operator acts or the store changes under it. Comparing memories ends nothing.
 */
export function grantedWhileBehind(events: readonly SimEvent[]): Violation | null {
  const heard = new Map<string, AnswerEvent>();
  for (const event of events) {
    if (event.kind === 'restore' && event.store) heard.clear();
    if (event.kind === 'operator' && endsReports(event)) heard.clear();
    // It answered so because it had no memory of its own, not because of what the node was told.
    if (event.kind === 'state' && event.state === 'joining') heard.delete(event.service);
    if (event.kind !== 'reply') continue;
    const before = heard.get(event.service);
    if (event.reply.reason === 'store-behind') {
      if (before === undefined && event.said !== 'nothing') heard.set(event.service, event);
      continue;
    }
    if (event.reply.outcome !== 'granted' || before === undefined || event.arrivedMs <= before.atMs) continue;
    const what = `${event.service} answered a word with store-behind, and granted a later claim though no operator acted`;
    return { promise: 'N', what, events: [before, event] };
  }
  return null;
}

function endsReports(event: SimEvent & { kind: 'operator' }): boolean {
  if (event.error !== null && event.error !== NO_ANSWER) return false;
  return event.act !== 'policy';
}

/** An adoption whose floor is below a word of the key that is still held must be refused. */
export function adoptedBelowWord(events: readonly SimEvent[]): Violation | null {
  let heard: AnswerEvent[] = [];
  for (const event of events) {
    if (event.kind === 'restore' && event.store) heard = [];
    if (event.kind === 'reply' && event.reply.reason === 'store-behind' && event.said === 'word')
      heard.push(event);
    if (event.kind !== 'operator' || event.error !== null) continue;
    if (event.act === 'release' || event.act === 'vouch') heard = [];
    if (event.act !== 'adopt') continue;
    const wrong = heard.find((word) => word.atMs < event.startedMs && isAbove(word, event));
    if (wrong !== undefined)
      return {
        promise: 'O',
        what: 'a key was adopted with a floor below a held word',
        events: [wrong, event],
      };
    heard = heard.filter(({ reply }) => reply.key !== event.key);
  }
  return null;
}

/** The word that the node was told is about a unit above the floor: one that it claimed before it went on. */
function isAbove({ reply }: AnswerEvent, { key, floors }: SimEvent & { kind: 'operator' }): boolean {
  const floor = floors[reply.duty];
  if (reply.key !== key || floor === undefined) return false;
  const unit = unitOf(reply.duty, reply.unit);
  const lower = unit.with(-1, (unit.at(-1) ?? 0n) - 3n);
  return floor === null || compareUnits(unitOf(reply.duty, floor), lower) < 0;
}
