import { START_MS } from '../names.ts';
import type { Violation } from '../oracles/oracle.ts';
import type { Plan } from '../plan/plan.ts';
import type { SimEvent, WriteEvent } from '../world/history.ts';
import type { Outcome } from './simulate.ts';

const MOST_LINES = 120;

/** A failed run as lines for people: what was broken, how to run it again, and what led there. */
export function traceOf({ world, violation }: Outcome): string {
  const { plan } = world;
  const lines = [
    violation === null ? 'no promise was broken' : `promise ${violation.promise} broken: ${violation.what}`,
    `features: ${[...plan.features].join(', ') || 'none'}; ${plan.services} services, ${plan.keys} keys, ${plan.steps.length} steps`,
    replayLine(plan),
  ];
  const concerned = new Set<SimEvent>(violation?.events ?? []);
  const related = world.history.events().filter((event) => isRelated(event, violation));
  const shown = related.slice(-MOST_LINES);
  if (shown.length < related.length) lines.push(`  … ${related.length - shown.length} earlier lines`);
  for (const event of shown) lines.push(`${concerned.has(event) ? '> ' : '  '}${lineOf(event)}`);
  return lines.join('\n');
}

/** How to run this seed again. */
export function replayLine({ seed, sabotage, options }: Plan): string {
  const more = `${options}${sabotage === 'none' ? '' : ` --sabotage ${sabotage}`}`;
  return `run again: npm run sim -- --seed ${seed}${more}`;
}

/** Steps, restores, commands, states; and of the claims those about the units concerned. */
function isRelated(event: SimEvent, violation: Violation | null): boolean {
  if (violation?.events.includes(event) === true) return true;
  if (SILENT.has(event.kind)) return false;
  if (event.kind === 'remark') return /^step|dies at|operator|session/.test(event.text);
  if (
    event.kind === 'restore' ||
    event.kind === 'epoch' ||
    event.kind === 'operator' ||
    event.kind === 'state'
  )
    return true;
  const act = actOf(event);
  const isConcerned = (violation?.events ?? []).some((other) => {
    const its = actOf(other);
    return its !== null && its.key === act?.key && its.duty === act.duty && its.unit === act.unit;
  });
  return isConcerned && !(event.kind === 'reply' && event.reply.outcome === 'unknown');
}

/** Shown only if the violation names them. */
const SILENT: ReadonlySet<string> = new Set(['marks', 'told', 'asked', 'session', 'record', 'clock', 'fork']);

/** What an event claims, grants or signs; null if it is about something else. */
function actOf(
  event: SimEvent,
): { readonly key: string; readonly duty: string; readonly unit: string | null } | null {
  if (event.kind === 'reply') return event.reply;
  return event.kind === 'release' || event.kind === 'write' ? event : null;
}

function lineOf(event: SimEvent): string {
  const time = `${((event.atMs - START_MS) / 1_000).toFixed(3).padStart(7)} s  `;
  switch (event.kind) {
    case 'remark':
      return time + event.text;
    case 'epoch':
      return `${time}NEW EPOCH`;
    case 'restore':
      return `${time}RESTORED: ${event.text}`;
    case 'state':
      return `${time}${event.service} is ${event.state}: ${event.detail}`;
    case 'operator':
      return `${time}the operator ${event.text}${event.error === null ? '' : `; refused: ${event.error}`}`;
    case 'marks':
      return `${time}the marks were read: ${[...event.marks].map(([name, mark]) => `${name.split('/').at(-1)} seq ${mark.seq} floor ${mark.floor} units ${[...mark.units].join(' ')}`).join('; ')}`;
    case 'session':
      return `${time}service ${event.service.slice(0, 8)} opens a session`;
    case 'fork':
      return `${time}service ${event.service.slice(0, 8)} has two entries with one number in ${event.mark}`;
    case 'asked':
      return `${time}service ${event.service.slice(0, 8)} tells another one what it remembers`;
    case 'record':
      return `${time}the store takes the record ${event.key.slice(0, 24)}`;
    case 'clock':
      return `${time}the clock of service ${event.service?.slice(0, 8)} steps by ${event.byMs} ms`;
    case 'write':
      return `${time}${writeLine(event)}`;
    case 'release':
      return `${time}${event.node} signs ${event.duty} ${event.unit} ${event.part} ${short(event.digest)}`;
    case 'told':
      return `${time}${event.node} is answered ${event.reply.outcome} ${event.reply.reason}`;
    case 'reply': {
      const { reply, via } = event;
      const asker = `${event.node}${via === 'probe' ? ' (probe)' : ''} ${reply.incarnation.slice(0, 4)}`;
      const claim = `${reply.key.slice(0, 4)} ${reply.duty} ${reply.unit} ${reply.part} ${short(reply.digest)}`;
      const said = event.said === 'nothing' ? '' : `, with a ${event.said}`;
      const seq = reply.head === null ? '' : `, seq ${reply.head.seq}`;
      return `${time}${event.service} answers ${asker}: ${reply.outcome} ${reply.reason} for ${claim}${said}${seq}`;
    }
  }
}

function writeLine({ act, service, duty, unit, parts, digest, node, seq }: WriteEvent): string {
  const by = `the store applies entry ${seq} of service ${service.slice(0, 8)}`;
  if (act === 'adopt') return `${by}: ${duty} adopted with floor ${unit}`;
  return `${by}: ${duty} ${unit} ${parts.join(' and ')} ${short(digest)} to ${node}`;
}

function short(digest: string | null): string {
  return digest === null ? 'without digest' : digest.slice(0, 8);
}
