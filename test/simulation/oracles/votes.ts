import type { Plan } from '../plan/plan.ts';
import type { AnswerEvent, SimEvent } from '../world/history.ts';
import type { Violation } from './oracle.ts';

/** These make a denied vote right. */
const EXCUSES = [
  'restore-store',
  'restore-disks',
  'restore-nodes',
  'policy-changes',
  'scope-changes',
  'adoptions',
  'new-epochs',
] as const;

/**
 * A denied vote stops a GRANDPA voter, so a start that entered a round is denied none of its votes, however
 * late, unless another node took the round over. `unknown` is harmless: the node asks again.
 */
export function deniedVote(events: readonly SimEvent[], plan: Plan): Violation | null {
  if (EXCUSES.some((feature) => plan.features.has(feature))) return null;
  const entered = new Map<string, AnswerEvent>();
  for (const event of events) {
    if (event.kind === 'operator' && event.act !== 'remove' && event.startedMs > 0 && isLater(events, event))
      return null;
    if (event.kind !== 'reply' || event.reply.duty !== 'grandpa') continue;
    const { reply } = event;
    const name = `${reply.key} ${reply.unit}`;
    const before = entered.get(name);
    if (reply.outcome === 'granted' && before?.reply.incarnation !== reply.incarnation)
      entered.set(name, event);
    const own =
      before !== undefined && before.reply.incarnation === reply.incarnation && before.node === event.node;
    if (!own || reply.outcome !== 'denied' || reply.part === 'enter' || event.via !== 'claims') continue;
    return {
      promise: 'V',
      what: `${event.node} entered round ${reply.unit} and was denied its ${reply.part}: ${reply.reason}`,
      events: [before, event],
    };
  }
  return null;
}

/** Commands after the first answer; those before prepare the world. */
function isLater(events: readonly SimEvent[], command: SimEvent): boolean {
  const first = events.find((event) => event.kind === 'reply');
  return first !== undefined && events.indexOf(first) < events.indexOf(command);
}
