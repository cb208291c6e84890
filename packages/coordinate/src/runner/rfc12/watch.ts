import type { Clock } from '@watchbill/kit';
import type { Receipt } from '../../actions/receipt.ts';
import { FOLLOWER_REFUSALS } from '../../rfc12/follower.ts';
import type { Plan } from '../../rfc12/plan.ts';
import type { Rfc12Round } from '../../rfc12/rules.ts';
import type { Note } from '../../rules.ts';
import type { PeerState } from '../../transport/port.ts';
import type { RunEvent } from '../group-events.ts';
import { eventLine, type Line, narrator } from '../watch/lines.ts';
import type { Rfc12GroupFile } from './group-file.ts';

export type Rfc12Event = RunEvent<Plan, Rfc12Round>;

/** The present state of a member of rfc12; heights and windows are decimal texts. */
export interface Rfc12Status {
  readonly profile: 'rfc12';
  readonly name: string;
  /** Hash of the wallet's key, hex. */
  readonly group: string;
  readonly channel: string;
  /** 1: the blocks of RFC 12. */
  readonly practiceScale: number;
  readonly operator: string;
  readonly peerId: string | null;
  readonly seats: readonly number[];
  readonly members: number;
  readonly height: string | null;
  readonly heightAgeMs: number | null;
  readonly window: {
    readonly index: string;
    readonly block: string;
    readonly activeEnd: string;
    readonly leader: string;
    readonly leads: boolean;
    readonly checklist: readonly string[];
  } | null;
  readonly executing: string | null;
  readonly peers: readonly { readonly seat: number; readonly name: string; readonly isConnected: boolean }[];
  readonly storeFailure: string | null;
}

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
export interface Rfc12Watch {
  watch(event: Rfc12Event): void;
  note(note: Note): void;
  receipt(window: bigint, receipt: Receipt): void;
  status(): Rfc12Status;
  problems(): readonly string[];
}

export function rfc12Watch(parts: Rfc12WatchParts): Rfc12Watch {
  const { file, operator, peers, say, time } = parts;
  const lines = narrator(say);
  const refusals = refusalLines(say);
  let plan: Plan | null = null;
  let told = 0n;
  let height: bigint | null = null;
  let heightAtMs = 0;
  let executing: bigint | null = null;
  let storeFailure: string | null = null;
  const ageMs = () => (height === null ? null : Math.round(time.monotonicMs() - heightAtMs));

  function stepped({ state }: Extract<Rfc12Event, { readonly kind: 'stepped' }>): void {
    plan = state.running?.phase === 'procedure' ? state.running.plan : null;
    executing = state.cursor?.execution?.window ?? null;
    if (plan === null || plan.window.index === told) return;
    told = plan.window.index;
    say(windowLine(plan, operator));
  }

  return {
    watch: (event) => {
      if (event.kind === 'height' && (height === null || event.height > height))
        [height, heightAtMs] = [event.height, time.monotonicMs()];
      if (event.kind === 'store-failed') storeFailure = `${event.what}: ${event.why}`;
      if (event.kind === 'store-works') storeFailure = null;
      if (event.kind === 'stepped') stepped(event);
      if (event.kind === 'performed') refusals(event.effect, plan?.window.index ?? told);
      const line = eventLine(event);
      if (line !== null) say(line);
    },
    note: lines.note,
    receipt: lines.receipt,
    status: () => ({
      profile: 'rfc12',
      name: file.name,
      group: Buffer.from(file.group.keyHash).toString('hex'),
      channel: file.channel,
      practiceScale: file.times.scale,
      operator,
      peerId: parts.peerId(),
      seats: parts.seats,
      members: file.operators.length,
      height: height === null ? null : `${height}`,
      heightAgeMs: ageMs(),
      window: plan === null ? null : windowStatus(plan, operator),
      executing: executing === null ? null : `${executing}`,
      peers: peers().map(({ isConnected, seat }) => ({
        seat,
        name: file.operators[seat] ?? '?',
        isConnected,
      })),
      storeFailure,
    }),
    problems: () => problemsOf({ ageMs: ageMs(), stallMs: parts.stallMs, storeFailure, peers: peers() }),
  };
}

function windowStatus({ checklist, leader, window }: Plan, operator: string) {
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

function problemsOf({
  ageMs,
  peers,
  stallMs,
  storeFailure,
}: {
  readonly ageMs: number | null;
  readonly stallMs: number;
  readonly storeFailure: string | null;
  readonly peers: readonly PeerState[];
}): readonly string[] {
  const isAlone = peers.length > 0 && peers.every(({ isConnected }) => !isConnected);
  return [
    ...(ageMs === null ? ['the node has not reported a height yet'] : []),
    ...(ageMs !== null && ageMs > stallMs
      ? [`the finalised height is ${Math.round(ageMs / 1_000)} s old`]
      : []),
    ...(storeFailure === null ? [] : [`not stored: ${storeFailure}`]),
    ...(isAlone ? ['no other operator is connected'] : []),
  ];
}
