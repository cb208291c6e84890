import { compareUnits } from '@watchbill/duty/rule';
import { NO_ANSWER } from '../operator/commands.ts';
import { unitOf } from '../operator/truth.ts';
import type { AnswerEvent, OperatorEvent, SimEvent, WriteEvent } from '../world/history.ts';
import type { Violation } from './oracle.ts';

/** What a service answered with `store-behind`, and the keys that adoptions have freed of it since. */
interface Held {
  readonly event: AnswerEvent;
  readonly freed: Set<string>;
}

/**
 * N: a service that answered a word with `store-behind` grants no claim that arrives later, also after a
 * restart, until an operator answers for the word or the key of the claim is adopted. Comparing memories ends
 * nothing. The same word said again is no new one, also after an operator answered for it.
 */
export function grantedWhileBehind(events: readonly SimEvent[]): Violation | null {
  const byService = new Map<string, Map<string, Held>>();
  const released = new Set<string>();
  for (const event of events) {
    if (event.kind === 'restore' && event.store) byService.clear();
    if (event.kind === 'operator') free(byService, event);
    if (event.kind === 'operator' && event.released !== null) released.add(event.released);
    if (event.kind !== 'reply') continue;
    const held = byService.get(event.serviceId) ?? new Map<string, Held>();
    byService.set(event.serviceId, held);
    const word = event.said === 'nothing' || event.word?.isLost !== true ? null : event.word;
    const isNew = word !== null && !held.has(word.hash) && !released.has(word.hash);
    // While another report holds the key, no service looks at the word: that report is the answer.
    const isLooked = word?.isReported === true || !event.reply.message.startsWith('rollback report ');
    if (event.reply.reason === 'store-behind' && isNew && !word.isForged && isLooked)
      held.set(word.hash, { event, freed: new Set() });
    if (event.reply.outcome !== 'granted') continue;
    const against = [...held.values()].find(
      (one) => !one.freed.has(event.reply.key) && event.arrivedMs > one.event.atMs,
    );
    if (against === undefined) continue;
    const what = `${event.service} answered a word with store-behind, and granted a later claim though no operator acted`;
    return { promise: 'N', what, events: [against.event, event] };
  }
  return null;
}

function free(byService: ReadonlyMap<string, Map<string, Held>>, event: OperatorEvent): void {
  if (event.error !== null && event.error !== NO_ANSWER) return;
  for (const held of byService.values()) {
    if (event.act === 'release' || event.act === 'vouch') held.clear();
    if (event.act === 'adopt' && event.key !== null)
      for (const { freed } of held.values()) freed.add(event.key);
  }
}

/**
 * O: an adoption whose floor is below the highest unit of a held word of the key is refused. A word binds
 * other services once its record is in the store.
 */
export function adoptedBelowWord(events: readonly SimEvent[]): Violation | null {
  const tops = new Map<string, WriteEvent>();
  let heard = new Map<string, AnswerEvent>();
  let recorded = new Map<string, number>();
  for (const event of events) {
    if (event.kind === 'restore' && event.store) {
      heard = new Map();
      recorded = new Map();
    }
    if (event.kind === 'write') tops.set(event.hash, event);
    if (event.kind === 'reply' && event.reply.reason === 'store-behind' && event.word?.isLost === true) {
      if (!event.word.isForged && event.said === 'word' && !heard.has(event.word.hash))
        heard.set(event.word.hash, event);
    }
    if (event.kind === 'record')
      for (const hash of heard.keys())
        if (event.text.includes(hash) && !recorded.has(hash)) recorded.set(hash, event.atMs);
    if (event.kind !== 'operator' || (event.error !== null && event.error !== NO_ANSWER)) continue;
    if (event.act === 'release' || event.act === 'vouch') heard = new Map();
    if (event.act !== 'adopt') continue;
    for (const [hash, word] of heard) {
      if (word.reply.key !== event.key) continue;
      const isBound = (recorded.get(hash) ?? Number.POSITIVE_INFINITY) < event.startedMs;
      if (event.error === null && isBound && isAbove(tops.get(hash), event))
        return {
          promise: 'O',
          what: 'a key was adopted with a floor below a held word',
          events: [word, event],
        };
      heard.delete(hash);
    }
  }
  return null;
}

/** The mark had a unit above the floor when the entry of the word was written. */
function isAbove(entry: WriteEvent | undefined, { floors }: OperatorEvent): boolean {
  if (entry === undefined || entry.top === null || !(entry.duty in floors)) return false;
  const floor = floors[entry.duty] ?? null;
  return floor === null || compareUnits(unitOf(entry.duty, floor), unitOf(entry.duty, entry.top)) < 0;
}
