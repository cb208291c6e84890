import type { Clock } from '@watchbill/kit';
import { FOLLOWER_REFUSALS } from '../../rfc12/follower.ts';
import type { Plan } from '../../rfc12/plan.ts';
import type { Rfc12Round } from '../../rfc12/rules.ts';
import type { PeerState } from '../../transport/port.ts';
import type { RunEvent } from '../group-events.ts';
import { headWatch } from '../watch/head.ts';
import { eventLine, type Line, narrator } from '../watch/lines.ts';
import type { Rfc12Status, Rfc12WindowStatus } from '../watch/status.ts';
import type { Rfc12GroupFile } from './group-file.ts';

export type Rfc12Event = RunEvent<Plan, Rfc12Round>;

export interface Rfc12WatchParts {
  readonly file: Rfc12GroupFile;
  readonly operator: string;
  readonly seats: readonly number[];
  readonly peers: () => readonly PeerState[];
  readonly peerId: () => string | null;
  readonly stallMs: number;
  readonly time: Clock;
  readonly say: (line: Line) => void;
}

/** The lines and the status of one member. */
export function rfc12Watch(parts: Rfc12WatchParts) {
  const { file, operator, peers, say, stallMs, time } = parts;
  const head = headWatch(file.times.windows, stallMs, time);
  const lines = narrator(say);
  const refusals = refusalLines(say);
  let plan: Plan | null = null;
  let last: Plan | null = null;
  let told = 0n;

  function stepped({ state }: Extract<Rfc12Event, { readonly kind: 'stepped' }>): void {
    const now = state.running?.phase === 'procedure' ? state.running.plan : null;
    if (plan !== null && plan.window.index !== now?.window.index) last = plan;
    plan = now;
    if (plan === null || plan.window.index === told) return;
    told = plan.window.index;
    say(windowLine(plan, operator));
  }

  return {
    watch: (event: Rfc12Event): void => {
      head.watch(event);
      if (event.kind === 'stepped') stepped(event);
      if (event.kind === 'performed') refusals(event.effect, plan?.window.index ?? told);
      const line = eventLine(event);
      if (line !== null) say(line);
    },
    note: lines.note,
    receipt: lines.receipt,
    status: (): Rfc12Status => ({
      profile: 'rfc12',
      name: file.name,
      group: Buffer.from(file.group.keyHash).toString('hex'),
      channel: file.channel,
      practiceScale: file.times.scale,
      operator,
      peerId: parts.peerId(),
      seats: parts.seats,
      members: file.operators.length,
      ...head.status(),
      window: plan === null ? null : windowStatus(plan, operator),
      last: last === null ? null : windowStatus(last, operator),
      peers: peers().map(({ isConnected, seat }) => ({
        seat,
        name: file.operators[seat] ?? '?',
        isConnected,
      })),
    }),
    problems: (): readonly string[] => {
      const isAlone = peers().length > 0 && peers().every(({ isConnected }) => !isConnected);
      return [
        ...head.problems(),
        ...(isAlone ? ['no other operator is connected: check the others, and their ports'] : []),
      ];
    },
  };
}

function windowStatus({ checklist, leader, window }: Plan, operator: string): Rfc12WindowStatus {
  const { activeEnd, block, index } = window;
  const [leads, due] = [leader === operator, checklist];
  return { index: `${index}`, block: `${block}`, activeEnd: `${activeEnd}`, leader, leads, checklist: due };
}

function windowLine(plan: Plan, operator: string): Line {
  const { checklist, leader, leaderSeat, window } = plan;
  const { activeEnd, block, index } = window;
  const who = leader === operator ? `this operator, ${leader},` : leader;
  const text = `window ${index}: blocks ${block} to ${activeEnd}, ${who} leads through seat ${leaderSeat}; due: ${checklist.join(', ')}, or a noop`;
  return {
    event: 'window',
    text,
    isWarning: false,
    fields: { window: `${index}`, leader, leaderSeat, checklist },
  };
}

/**
 * Reports why messages of the leader's routine were refused: each reason once in a window, so that a flood
 * cannot fill the log.
 */
function refusalLines(say: (line: Line) => void) {
  const known: Readonly<Record<string, string>> = FOLLOWER_REFUSALS;
  let [current, told] = [0n, new Set<string>()];
  return (effect: Extract<Rfc12Event, { readonly kind: 'performed' }>['effect'], window: bigint): void => {
    if (effect.kind !== 'dropped' || effect.event !== 'message') return;
    const explained = Object.hasOwn(known, effect.why) ? known[effect.why] : undefined;
    if (window !== current) [current, told] = [window, new Set()];
    if (explained === undefined || told.has(effect.why)) return;
    told.add(effect.why);
    const text = `window ${window}: a message was refused, ${effect.why}: ${explained}`;
    const fields = { window: `${window}`, reason: effect.why };
    say({ event: 'message-refused', text, isWarning: true, fields });
  };
}
