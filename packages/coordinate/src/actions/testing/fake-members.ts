import { createHash } from 'node:crypto';
import { scheduler } from 'node:timers/promises';
import type { ExtrinsicSigner } from '@watchbill/chain/extrinsics';
import { runtimeViews } from '@watchbill/chain/extrinsics';
import { operatorKeyFrom } from '../../keys/index.ts';
import type { AgendaItem, QuorumGroup } from '../../quorum/group.ts';
import type { Certificate, Value } from '../../quorum/messages.ts';
import type { QuorumPlan } from '../../quorum/plan-port.ts';
import { canonicalJson } from '../../wire/canonical-json.ts';
import type { ActionDoors } from '../doors.ts';
import type { ActionContext, ActionPlugin, ExecutionContext, Progress } from '../port.ts';
import type { Receipt } from '../receipt.ts';
import type { FakeLedger } from './fake-ledger.ts';

/** Blocks from a window's first to its end, in the plans here. */
export const ACTIVE_BLOCKS = 10n;

export function testKey(name: string): ExtrinsicSigner {
  return operatorKeyFrom('ed25519', Uint8Array.from(createHash('sha256').update(name).digest()));
}

/** Ports without effects: keys by name, commands that end well. */
export function fakeDoors(changes: Partial<ActionDoors> = {}): ActionDoors {
  return {
    key: testKey,
    run: async () => ({ result: 'ok' }),
    connect: () => {
      throw new Error('no node is connected here');
    },
    views: runtimeViews(),
    ...changes,
  };
}

export function planAt(ledger: FakeLedger, members: number, index = 1n): QuorumPlan {
  const block = ledger.height();
  const bytes = (text: string): Uint8Array => Uint8Array.from(createHash('sha256').update(text).digest());
  const seats = Array.from({ length: members }, (_, seat) => seat);
  const group: QuorumGroup = {
    name: 'test',
    genesis: Uint8Array.from(Buffer.from(ledger.hashAt(0n).slice(2), 'hex')),
    resource: 'account',
    windows: { frequencyBlocks: 20n, rankBlocks: 2n, rankCount: 4, certificateBlocks: 2n },
    members: seats.map((seat) => {
      const { publicKey } = testKey(`seat ${seat}`);
      return { name: `m${seat}`, scheme: 'ed25519', publicKey };
    }),
  };
  const version = {
    version: 1,
    fromHeight: 0n,
    seedSource: 'block-hash',
    stageBlocks: 2n,
    agenda: [],
  } as const;
  return {
    group,
    groupId: bytes('group'),
    scheduleDigest: bytes('schedule'),
    schedule: [version],
    window: { index, block, activeEnd: block + ACTIVE_BLOCKS, end: block + ACTIVE_BLOCKS },
    version,
    span: 0n,
    position: 0,
    seedInput: bytes('input'),
    referenceHash: Uint8Array.from(Buffer.from(ledger.hashAt(block).slice(2), 'hex')),
    seed: bytes(`seed ${index}`),
    order: seats,
    leaders: seats,
    due: [],
    checklist: [],
    submitters: seats.toReversed(),
  };
}

export function itemOf(action: string, parameters: unknown, validityBlocks: bigint): AgendaItem {
  const cadence = { kind: 'every', windows: 1n, offset: 0n } as const;
  return { action, cadence, validityBlocks, parameters: canonicalJson(parameters) };
}

export function contextOf(
  ledger: FakeLedger,
  plan: QuorumPlan,
  item: AgendaItem,
  settings: unknown,
  seat = 0,
): ActionContext {
  const { signal } = new AbortController();
  return { plan, item, seat, node: ledger.node, settings: canonicalJson(settings), signal };
}

export function proposedValue({ plan, item }: ActionContext, content: Uint8Array): Value {
  const { validityBlocks, action } = item;
  return {
    action,
    resource: plan.group.resource,
    validityBlocks,
    referenceHash: plan.referenceHash,
    content,
  };
}

/** More turns of the event loop than any step of a member takes. */
const MAX_TURNS = 20_000;
/** More blocks than any lease here has. */
const MAX_BLOCKS = 2_000;

/** The reports that the members of a group send each other, and when. */
export function fakeRoom(ledger: FakeLedger, onHeight: (height: bigint) => void = () => {}) {
  const told: Progress[] = [];
  const notes: { seat: number; receipt: Receipt }[] = [];
  const silentFrom = new Map<number, bigint>();
  const { heights, until } = followers(ledger, onHeight);

  const execution = (
    context: ActionContext,
    value: Value,
    commits: readonly number[] = [],
  ): ExecutionContext => {
    const expiryBlock = context.plan.window.end + context.item.validityBlocks;
    return {
      ...context,
      certificate: certificateOf(context, value, commits),
      startBlock: context.plan.window.end,
      expiryBlock,
      heights: () => heights(expiryBlock),
      report: async (status, detail) =>
        void told.push({ seat: context.seat, status, detail, height: ledger.height(), isLost: false }),
      progress: () => latestOf(told, (seat) => silentFrom.get(seat) ?? ledger.height()),
      note: async (receipt) => {
        notes.push({ seat: context.seat, receipt });
      },
    };
  };

  return {
    execution,
    /** Every report, in order. */
    told: told as readonly Progress[],
    notes,
    /** From now on the member sends no report. */
    silence: (seat: number) => void silentFrom.set(seat, ledger.height()),
    /** Makes blocks until all are over; each member sees every height. Returns the receipts in order. */
    until,
    /** Lets these members carry out a value, until all are over. */
    carryOut: (
      action: Pick<ActionPlugin, 'execute'>,
      value: Value,
      ...members: readonly ActionContext[]
    ): Promise<readonly Receipt[]> =>
      until(members.map((each) => action.execute(execution(each, value), value))),
  };
}

function certificateOf({ plan }: ActionContext, value: Value, commits: readonly number[]): Certificate {
  return {
    version: 1,
    window: plan.window.index,
    rank: 0,
    value,
    commits: commits.map((seat) => ({ seat, signature: new Uint8Array(64) })),
  };
}

function latestOf(told: readonly Progress[], heightOf: (seat: number) => bigint): readonly Progress[] {
  const latest = new Map(told.map((each) => [each.seat, each]));
  return [...latest.values()].map((each) => ({ ...each, height: heightOf(each.seat) }));
}

/** Members that follow the heights of a ledger. It goes on when all of them wait for the next one. */
function followers(ledger: FakeLedger, onHeight: (height: bigint) => void) {
  const waiting = new Set<() => void>();
  let count = 0;
  async function* heights(expiry: bigint): AsyncGenerator<bigint> {
    count += 1;
    try {
      for (let seen = -1n; seen < expiry; ) {
        const height = ledger.height();
        if (height > seen) {
          seen = height;
          yield height;
        } else await new Promise<void>((resolve) => waiting.add(resolve));
      }
    } finally {
      count -= 1;
    }
  }
  const until = async (all: readonly Promise<Receipt>[]): Promise<readonly Receipt[]> => {
    let open = all.length;
    const counted = all.map((each) =>
      each.finally(() => {
        open -= 1;
      }),
    );
    const outcome = Promise.all(counted);
    // Looked at when it is awaited; until then a rejection is not lost.
    outcome.catch(() => {});
    for (let blocks = 0; open > 0; blocks += 1) {
      if (blocks > MAX_BLOCKS) throw new Error(`${open} executions are not over after ${blocks} blocks`);
      for (let turns = 0; waiting.size < Math.max(open, count) && turns < MAX_TURNS; turns += 1)
        await scheduler.yield();
      ledger.advance();
      onHeight(ledger.height());
      const woken = [...waiting];
      waiting.clear();
      for (const wake of woken) wake();
      await scheduler.yield();
    }
    return outcome;
  };
  return { heights, until };
}
