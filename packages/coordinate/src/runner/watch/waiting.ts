import { type Clock, growingMs, pause } from '@watchbill/kit';
import type { QuorumGroup } from '../../quorum/group.ts';
import { windowSchedule } from '../../quorum/identity.ts';
import type { Note } from '../../rules.ts';
import { lastWindow } from '../../window.ts';
import { nextWindow } from './head.ts';
import type { Line } from './lines.ts';
import type { Status } from './status.ts';

/** How often a member looks at its state, so a line is late by at most this much. */
const LOOK_MS = 1_000;
/** The pause before a wait is reported again. It doubles up to the longest, so that a log stays short. */
const FIRST_REPEAT_MS = 15_000;
const LONGEST_REPEAT_MS = 600_000;

/** Notes that explain why no height arrives. */
const REASONS = new Set([
  'chain-unreachable',
  'chain-syncing',
  'chain-without-peers',
  'chain-differs',
  'height-held',
]);

export interface WaitingParts {
  readonly group: QuorumGroup;
  /** The state of the member. A member without peers never waits for members. */
  readonly status: () => Status;
  /** Addresses of the nodes that the member asks. */
  readonly nodes: readonly string[];
  /** A height that is older than this, in milliseconds, counts as no answer. */
  readonly stallMs: number;
  readonly time: Clock;
  readonly say: (line: Line) => void;
}

interface Wait {
  readonly waitsFor: 'node' | 'members' | 'block';
  readonly text: string;
  readonly fields: Line['fields'];
}

/** Reports the wait of a member and its length: for its node, for other members, or for the next window. */
export function createWaiting(parts: WaitingParts) {
  const { time, say } = parts;
  const closing = new AbortController();
  let reason: string | null = null;
  let begun = false;
  let current: { readonly waitsFor: string; readonly sinceMs: number } | null = null;
  let [reports, dueMs] = [0, 0];

  function look(): void {
    if (!begun || closing.signal.aborted) return;
    const wait = waitOf(parts, reason);
    if (wait?.waitsFor !== 'node') reason = null;
    const nowMs = time.monotonicMs();
    if (wait?.waitsFor !== current?.waitsFor) {
      current = wait === null ? null : { waitsFor: wait.waitsFor, sinceMs: nowMs };
      [reports, dueMs] = [0, nowMs];
    }
    if (wait === null || current === null || nowMs < dueMs) return;
    const waitedMs = Math.round(nowMs - current.sinceMs);
    say(lineOf(wait, waitedMs));
    dueMs = nowMs + growingMs(reports, FIRST_REPEAT_MS, LONGEST_REPEAT_MS);
    reports += 1;
  }

  async function lookOften(): Promise<void> {
    while (!closing.signal.aborted) {
      look();
      await pause(LOOK_MS, closing.signal, time);
    }
  }

  return {
    /** Keeps a note about the chain as the reason why no height arrives. */
    note: ({ code, text }: Note): void => {
      if (REASONS.has(code)) reason = text;
      if (code === 'chain-back') reason = null;
    },
    /** Reports a wait that has just begun or is due again. Has no effect before `begin`. */
    look,
    /** Reports at once, then looks every second until `close`. */
    begin: (): void => {
      begun = true;
      void lookOften();
    },
    close: () => closing.abort(),
  };
}

/** The event that this member waits for next; null while a window or an action is open. */
function waitOf(parts: WaitingParts, reason: string | null): Wait | null {
  const status = parts.status();
  const height = status.height === null ? null : BigInt(status.height);
  if (height === null || (status.heightAgeMs ?? 0) > parts.stallMs) return nodeWait(parts, height, reason);
  return membersWait(status) ?? blockWait(parts.group, status, height);
}

function nodeWait({ nodes }: WaitingParts, height: bigint | null, reason: string | null): Wait {
  const which = height === null ? 'the first finalised block' : `a finalised block after ${height}`;
  const why = reason === null ? '' : `; ${reason}`;
  const fields = { nodes, height: height === null ? null : `${height}`, reason };
  return { waitsFor: 'node', text: `${which} from ${nodes.join(', ')}${why}`, fields };
}

function membersWait({ peers, members, quorum }: Status): Wait | null {
  const missing = peers.filter(({ isConnected }) => !isConnected).map(({ name }) => name);
  const connected = members - missing.length;
  if (peers.length === 0 || connected >= quorum) return null;
  const text = `members: ${connected} of ${members} are connected, ${quorum} are needed; not connected: ${missing.join(', ')}`;
  return { waitsFor: 'members', text, fields: { connected, members, quorum, missing } };
}

function blockWait(group: QuorumGroup, { window, executing }: Status, height: bigint): Wait | null {
  const schedule = windowSchedule(group);
  const last = lastWindow(schedule, height);
  if (window !== null || executing !== null || (last !== null && height < last.activeEnd)) return null;
  const next = nextWindow(schedule, height);
  const text = `finalised block ${next.block}, where window ${next.index} begins; the newest one is ${height}`;
  const fields = { height: `${height}`, block: `${next.block}`, window: `${next.index}` };
  return { waitsFor: 'block', text, fields };
}

function lineOf({ waitsFor, text, fields }: Wait, waitedMs: number): Line {
  const soFar = waitedMs === 0 ? '' : ` (${Math.round(waitedMs / 1_000)} s so far)`;
  return {
    event: 'waiting',
    text: `waiting for ${text}${soFar}`,
    isWarning: waitedMs > 0 && waitsFor !== 'block',
    fields: { waitsFor, waitedMs, ...fields },
  };
}
