import type { SimEvent } from '../world/history.ts';
import type { Violation } from './oracle.ts';

/**
 * N: a claim that carries a word which the store does not explain is never granted, unless an operator
 * answered for the word.
 */
export function grantedAgainstWord(events: readonly SimEvent[]): Violation | null {
  const released = new Set<string>();
  for (const event of events) {
    if (event.kind === 'operator' && event.released !== null) released.add(event.released);
    if (event.kind !== 'reply' || event.word === null || event.reply.outcome !== 'granted') continue;
    const { hash, isLost, isForged } = event.word;
    // A head proves nothing: services compare its number only.
    if (event.said !== 'word' || isForged || !isLost || released.has(hash)) continue;
    const what = `${event.service} granted a claim with a word that the store does not explain`;
    return { promise: 'N', what, events: [event] };
  }
  return null;
}

/** W: a word that the ledger never wrote is refused with its claim, and holds no key. */
export function heardForgedWord(events: readonly SimEvent[]): Violation | null {
  for (const event of events) {
    if (event.kind !== 'reply' || event.word?.isForged !== true) continue;
    const { outcome } = event.reply;
    if (outcome !== 'granted' && !event.word.isReported) continue;
    const did = outcome === 'granted' ? 'granted a claim with' : 'holds every key because of';
    return { promise: 'W', what: `${event.service} ${did} a forged word`, events: [event] };
  }
  return null;
}
