// Rows of the table of faults: what a stock validator signs without a guard (the controls), under a guard
// (L1) and in a pair (L2). docs/guard/reference/guard-faults.md is made from the results.

import assert from 'node:assert/strict';
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { devKey, type IdentityReport, type RunningNode, untilStopped, waitFor } from '@watchbill/testkit';
import { UPDATE } from '@watchbill/testkit/pages/stamp';
import { type Vote, votesOf } from '@watchbill/testkit/scenario/votes';
import { type GuardedMachine, PATIENCE, type Stage, stateOf, untilPlaced } from './guarded.ts';

const RESULTS = fileURLToPath(new URL('guard-faults.json', import.meta.url));
/** Authorities of the stage that stand still in {@link holdRound}: without two of five no round ends. */
const FROZEN = ['Bob', 'Charlie'] as const;
/** So many blocks above the vote, a second vote in the same round has another target. */
export const BLOCKS_ABOVE = 4;
const RECOVERY_MS = 300_000;

/** What a row shows. `may sign twice`: the level does not promise that it signs once. */
export type Expected = 'signs twice' | 'signs once' | 'may sign twice';

export interface Row {
  /** For example `the database is put back to an older copy`. */
  readonly fault: string;
  readonly level: 'no guard' | 'L1' | 'L2';
  readonly expected: Expected;
}

/** A row with its figures, as the page shows them. */
interface Result extends Row {
  readonly slotsTwice: number;
  readonly votesTwice: number;
  readonly due: number;
  readonly missed: number;
  /** Until the first new signature of the validator, in seconds; null if there was none. */
  readonly firstSignature: number | null;
}

export const keyOf = (name: 'Bob' | 'Charlie' | 'Eve'): string => `0x${devKey(name).ed25519}`;
export const roundOf = ({ set, round }: Vote): string => `${set}/${round}`;

export type HeldRound = Awaited<ReturnType<typeof holdRound>>;

/**
 * Freezes two validators, and waits until Eve has voted in a round that cannot end without them. Then waits
 * for more blocks. So a node that forgot Eve's vote, and asks for the round again, votes for another block:
 * what the fault does to the votes depends on no timing.
 */
export async function holdRound({ network }: Stage) {
  const alice = network.node('alice');
  for (const node of frozenOf(network)) node.pause();
  const file = `${network.node('watcher').folder}/votes.jsonl`;
  const round = await waitFor(
    'Eve votes in a round that cannot end',
    async () => {
      const held = heldIn(votesOf(file));
      if (held === undefined) return undefined;
      await alice.untilBest((await alice.bestNumber()) + BLOCKS_ABOVE);
      // A vote that was on its way when its validator was frozen may have ended the round since.
      return heldIn(votesOf(file)) === held ? held : undefined;
    },
    PATIENCE,
  );
  /** `round`: `set/round`. `release`: the others go on; settles when the chain finalises again. */
  return { round, release: () => releaseRound(network) };
}

export const frozenOf = (network: Stage['network']): readonly RunningNode[] =>
  FROZEN.map((name) => network.node(name.toLowerCase()));

/** The frozen validators go on; settles when the chain finalises again. */
export async function releaseRound(network: Stage['network']): Promise<void> {
  const [alice, frozen] = [network.node('alice'), frozenOf(network)];
  // A node that stood still may have lost its peers, and meets them again at a start.
  for (const node of frozen) await node.kill();
  await Promise.all(frozen.map((node) => node.start()));
  await alice.untilFinalised((await alice.finalisedNumber()) + 1, RECOVERY_MS);
}

/**
 * The round of Eve's last prevote, if none of the frozen validators has precommitted in it; else undefined.
 */
function heldIn(votes: readonly Vote[]): string | undefined {
  const last = votes.findLast(({ authority, kind }) => authority === keyOf('Eve') && kind === 'prevote');
  if (last === undefined) return undefined;
  // Four of five have to precommit.
  const isClosed = votes.some(
    (vote) =>
      roundOf(vote) === roundOf(last) &&
      vote.kind === 'precommit' &&
      FROZEN.some((name) => vote.authority === keyOf(name)),
  );
  return isClosed ? undefined : roundOf(last);
}

/** Waits until the voter of this node is in the held round. Its peers name that every two minutes. */
async function untilInRound(node: RunningNode, { round }: HeldRound): Promise<void> {
  const isThere = async (): Promise<boolean> => (await inRound(node)) === round;
  await waitFor(`${node.name} is in round ${round}`, isThere, { ...PATIENCE, timeoutMs: RECOVERY_MS });
}

/** `set/round` of the voter of this node. */
export async function inRound({ rpc }: RunningNode): Promise<string> {
  const state = await rpc.call<{ setId: number; best: { round: number } }>('grandpa_roundState', []);
  return `${state.setId}/${state.best.round}`;
}

/** The voter is in the round in which it voted before, and has no key. */
export async function untilHeld({ node, status }: GuardedMachine, held: HeldRound): Promise<void> {
  await untilInRound(node, held);
  assert.equal(stateOf(status(), 'gran'), 'waiting');
}

interface Fault {
  readonly fault: string;
  readonly faultMs: number;
  readonly held: HeldRound;
}

/** The node comes back under the guard in the round in which it voted, waits there, and signs none twice. */
export async function signsOnce(
  context: TestContext,
  ground: Stage,
  machine: GuardedMachine,
  { fault, faultMs, held }: Fault,
): Promise<void> {
  await untilHeld(machine, held);
  await held.release();
  await untilPlaced(machine);
  await ground.observer.untilFirstSignature('Eve', faultMs, PATIENCE.timeoutMs);
  await conclude(context, ground, { fault, level: 'L1', expected: 'signs once' }, faultMs);
}

/** The copy is so many blocks old when its node comes back, and has to catch up. */
const BLOCKS_OLD = 10;

/**
 * Copies folders at one moment, in which the process of the node stands still, and lets the copy grow old.
 * The answer puts them back.
 */
export async function copyOf(
  node: RunningNode,
  folders: readonly string[],
  pid: number,
): Promise<() => void> {
  process.kill(pid, 'SIGSTOP');
  try {
    await untilStopped(pid);
    for (const folder of folders) replace(folder, `${folder}-copy`);
  } finally {
    process.kill(pid, 'SIGCONT');
  }
  await node.untilFinalised((await node.finalisedNumber()) + BLOCKS_OLD);
  return () => {
    for (const folder of folders) replace(`${folder}-copy`, folder);
  };
}

function replace(from: string, to: string): void {
  rmSync(to, { recursive: true, force: true });
  cpSync(from, to, { recursive: true });
}

/** Signatures of Eve since a moment, double ones among them. */
async function eveSince({ observer }: Stage, fromMs: number): Promise<IdentityReport> {
  const { identities } = await observer.since(fromMs);
  return identities.find(({ name }) => name === 'Eve') ?? assert.fail('the observer knows Eve');
}

export async function untilSignedTwice(stage: Stage, fromMs: number, what: 'vote' | 'any'): Promise<void> {
  await waitFor(
    'the observer counts a double signature',
    async () => {
      const { doubleSlots, doubleVotes } = await eveSince(stage, fromMs);
      return doubleVotes.length > 0 || (what === 'any' && doubleSlots.length > 0);
    },
    PATIENCE,
  );
}

/**
 * Compares what was counted since the fault with what the row expects, and keeps the figures for the page.
 * `lastMs`: from this moment on the machine with the fault signs no more; the fault itself, unless given.
 */
export async function conclude(
  context: TestContext,
  stage: Stage,
  row: Row,
  faultMs: number,
  lastMs = faultMs,
): Promise<void> {
  const { doubleSlots, doubleVotes, due } = await eveSince(stage, faultMs);
  const { block, vote } = await stage.observer.firstSignature('Eve', lastMs);
  const afterMs = [block, vote].flatMap((each) => (each === null ? [] : [each.afterMs]));
  const firstSignature = afterMs.length === 0 ? null : Math.round(Math.min(...afterMs) / 100) / 10;
  const twice = { slotsTwice: doubleSlots.length, votesTwice: doubleVotes.length };
  const result: Result = { ...row, ...twice, due: due.slots, missed: due.missed.length, firstSignature };
  context.diagnostic(JSON.stringify(result));
  const isTwice = twice.slotsTwice + twice.votesTwice > 0;
  if (row.expected !== 'may sign twice')
    assert.equal(isTwice, row.expected === 'signs twice', `${row.level}, ${row.fault}: ${row.expected}`);
  keep(result);
}

/** With WATCHBILL_UPDATE_PAGES=1 the row is written; otherwise the page must have it. */
function keep(result: Result): void {
  const rows = JSON.parse(readFileSync(RESULTS, 'utf8')) as Result[];
  const at = rows.findIndex(({ fault, level }) => fault === result.fault && level === result.level);
  if (!UPDATE) {
    assert.equal(rows[at]?.expected, result.expected, 'run this test with WATCHBILL_UPDATE_PAGES=1');
    return;
  }
  rows.splice(at < 0 ? rows.length : at, 1, result);
  writeFileSync(RESULTS, `${JSON.stringify(rows, null, 2)}\n`);
}
