import type { AnswerEvent, SimEvent, WriteEvent } from '../world/history.ts';
import type { Violation } from './oracle.ts';

/**
 * V: a denied vote stops a GRANDPA voter, so a start that entered a round is denied none of its votes,
 * however late. It may be denied after a restore, an adoption, a freeze, a change of policy or epoch, or if
 * another start took the round over meanwhile. `unknown` is harmless: the node asks again.
 */
export function deniedVote(events: readonly SimEvent[]): Violation | null {
  const entered = new Map<string, AnswerEvent>();
  const owners = new Map<string, WriteEvent>();
  const excuses = events.flatMap(excuseOf);
  for (const event of events) {
    if (event.kind === 'write' && event.parts.includes('enter'))
      owners.set(`${event.key} ${event.unit}`, event);
    if (event.kind !== 'reply' || event.reply.duty !== 'grandpa' || event.via !== 'claims') continue;
    const { reply } = event;
    const name = `${reply.key} ${reply.unit} ${reply.incarnation}`;
    if (reply.outcome === 'granted' && !entered.has(name)) entered.set(name, event);
    const before = entered.get(name);
    if (before === undefined || reply.outcome !== 'denied' || reply.part === 'enter') continue;
    const owner = owners.get(`${reply.key} ${reply.unit}`);
    const isTakenOver = owner !== undefined && owner.incarnation !== reply.incarnation;
    const isExcused = excuses.some(({ fromMs, toMs }) => before.arrivedMs <= toMs && fromMs <= event.atMs);
    if (isTakenOver || isExcused) continue;
    return {
      promise: 'V',
      what: `${event.node} entered round ${reply.unit} and was denied its ${reply.part}: ${reply.reason}`,
      events: [before, event],
    };
  }
  return null;
}

/** An act without a certain answer is applied after so long at the latest. */
const UNSURE_MS = 1_000;

/** What was entered before its end may be denied from its beginning on. */
interface Excuse {
  readonly fromMs: number;
  readonly toMs: number;
}

/** An operator's act is noted when it was answered, and applies at some moment since it began. */
function excuseOf(event: SimEvent): readonly Excuse[] {
  if (event.kind === 'restore' || event.kind === 'epoch') return [{ fromMs: event.atMs, toMs: event.atMs }];
  if (event.kind !== 'operator' || !['adopt', 'policy', 'freeze'].includes(event.act)) return [];
  return [{ fromMs: event.startedMs, toMs: event.atMs + (event.error === null ? 0 : UNSURE_MS) }];
}
