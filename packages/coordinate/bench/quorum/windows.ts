import {
  type OpenTransport,
  type QuorumPlan,
  type QuorumProposal,
  quorumRules,
  type RunnerPorts,
  runGroup,
  windowOf,
  windowSchedule,
} from '@watchbill/coordinate';
import type { GossipMember } from '@watchbill/coordinate/testing/measure-gossip';
import { messageOf } from '@watchbill/kit';
import { ACTION, cursorOnly, groupOf, hashOf, SCHEDULE } from './group.ts';
import { type HandClock, handClock } from './hand-clock.ts';
import type { Keys, OperatorKey } from './keys.ts';
import { newProgress, type Progress } from './progress.ts';

/** When each member held the certificate of a window, in milliseconds from the sending of its proposal. */
export type CertifiedMs = readonly number[];

/** A group whose windows are opened one by one. */
export interface MeasuredGroup {
  /** Run the next window to its end. Throws where it takes too long, or a member blames another. */
  window(): Promise<CertifiedMs>;
  /** What arrives is for the windows again, after somebody else listened. */
  listen(): void;
  close(): Promise<void>;
}

type Arrived = Parameters<OpenTransport>[0]['arrived'];

const CONTENT_BYTES = 256;

/** A member, and the window that all of them are in. */
interface Part {
  readonly seat: number;
  readonly key: OperatorKey;
  readonly verify: Keys['verify'];
  readonly group: ReturnType<typeof groupOf>;
  readonly transport: GossipMember['transport'];
  readonly clock: HandClock;
  readonly progress: () => Progress;
  readonly arrivesBy: (arrived: Arrived) => void;
}

/**
 * Every member runs as its process would, with the real runner, rules, keys and transport. The chain is a
 * counter, the disk is memory, and the action says yes to everything.
 */
export function measuredGroup(members: readonly GossipMember[], { keys, verify }: Keys): MeasuredGroup {
  const group = groupOf(keys);
  const schedule = windowSchedule(group);
  const stop = new AbortController();
  const clocks: HandClock[] = [];
  const arrived: Arrived[] = [];
  let progress = newProgress(members.length);
  const runs = members.map(({ transport }, seat) => {
    const key = keys[seat];
    if (key === undefined) throw new Error(`there is no key for seat ${seat}`);
    const clock = handClock(hashOf);
    clocks.push(clock);
    const arrivesBy = (handler: Arrived) => {
      arrived[seat] = handler;
    };
    const part = { seat, key, verify, group, transport, clock, progress: () => progress, arrivesBy };
    return runMember(part, stop.signal).catch((error: unknown) => {
      progress.failure = `member ${seat} stopped: ${messageOf(error)}`;
      progress.changed();
    });
  });
  const push = (height: bigint) => {
    for (const clock of clocks) clock.push(height);
  };
  push(1n);
  let index = 0n;

  return {
    listen: () => {
      members.forEach((member, seat) => {
        member.listen((arrival) => {
          progress.arrivals += 1;
          arrived[seat]?.(arrival);
          progress.changed();
        });
      });
    },
    window: async () => {
      index += 1n;
      const { block, activeEnd } = windowOf(schedule, index);
      progress = newProgress(members.length);
      push(block);
      const certified = await certifiedMs(progress, members.length);
      push(activeEnd);
      await progress.until('the window is over', () => progress.ended >= members.length);
      return certified;
    },
    close: async () => {
      stop.abort();
      await Promise.all(runs);
    },
  };
}

/**
 * The times of a window, once all of its messages have arrived: the next one begins with nothing under way.
 */
async function certifiedMs(progress: Progress, members: number): Promise<CertifiedMs> {
  const { certifiedAtMs } = progress;
  await progress.until('every member holds the certificate', () =>
    certifiedAtMs.every((atMs) => atMs !== undefined),
  );
  // Of each member a hello, a prepare, a commit and the certificate; and one proposal.
  const messages = (4 * members + 1) * (members - 1);
  await progress.until('all messages have arrived', () => progress.arrivals >= messages);
  const { proposedAtMs } = progress;
  if (proposedAtMs === null) throw new Error('there is a certificate, and nobody proposed');
  return certifiedAtMs.flatMap((atMs) => (atMs === undefined ? [] : [atMs - proposedAtMs]));
}

async function runMember(part: Part, signal: AbortSignal): Promise<void> {
  const { seat, key, verify, group, progress } = part;
  let mayPropose = false;
  const ports: RunnerPorts<QuorumPlan, QuorumProposal> = {
    clock: part.clock,
    procedure: {
      // The hellos of all first, so that what is measured begins with the proposal.
      generate: async () => {
        const { length } = group.members;
        await progress().until('the hellos have arrived', () => progress().arrivals >= length * (length - 1));
        mayPropose = true;
        return { action: ACTION, content: new Uint8Array(CONTENT_BYTES) };
      },
      validate: async () => ({ result: 'valid' }),
    },
    executor: { execute: async () => undefined },
    records: cursorOnly(),
  };
  await runGroup(
    quorumRules({ group, schedule: SCHEDULE, seat, key, verify }),
    ports,
    opened(part, () => {
      if (mayPropose) progress().proposedAtMs = performance.now();
      mayPropose = false;
    }),
    {
      seats: group.members.length,
      signal,
      tell: (event) => {
        if (event.kind === 'performed') note(progress(), seat, event.effect);
      },
    },
  );
}

/** The transport is open already, and stays open. */
function opened({ transport, arrivesBy }: Part, sending: () => void): OpenTransport {
  return async ({ arrived }) => {
    arrivesBy(arrived);
    return {
      ...transport,
      broadcast: (frame) => {
        sending();
        transport.broadcast(frame);
      },
      close: async () => undefined,
    };
  };
}

type Told = Parameters<NonNullable<Parameters<typeof runGroup>[3]['tell']>>[0];

function note(
  progress: Progress,
  seat: number,
  effect: Extract<Told, { kind: 'performed' }>['effect'],
): void {
  if (effect.kind === 'notice' && effect.code === 'certificate')
    progress.certifiedAtMs[seat] = performance.now();
  if (effect.kind === 'record-outcome') progress.ended += 1;
  if (effect.kind === 'record-fault')
    progress.failure = `${effect.fault.culprit} was blamed for ${effect.fault.kind}`;
  progress.changed();
}
