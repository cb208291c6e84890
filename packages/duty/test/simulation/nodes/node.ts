import type { WatchState } from '@watchbill/duty/service';
import { randomHex } from '@watchbill/kit';
import { CHAIN, GENESIS_MS, ROUND_MS, SESSION_MS, SLOT_MS } from '../names.ts';
import type { SimNode, World } from '../world/world.ts';
import { blockText, roundText } from './chain.ts';
import { ask, claim, type NodeProcess } from './claiming.ts';
import { followOriginal, usesOriginal } from './original.ts';
import { every } from './periods.ts';

/** Starts the process of a node; one that runs ends first. */
export function startNode(world: World, node: SimNode): void {
  if (!node.wanted) return;
  node.host.start((life) => {
    const random = world.random.fork(`${node.name}/${life.number}`);
    const process: NodeProcess = {
      world,
      node,
      life,
      random,
      incarnation: randomHex(random, 16),
      sealed: new Set(),
      terms: new Map(),
    };
    for (const key of world.keys) {
      if (usesOriginal(world, node, key)) followOriginal(process, key);
      else followChain(process, key);
    }
    void report(process);
  });
}

function followChain(process: NodeProcess, key: string): void {
  void every(process.life, SLOT_MS, (slot) => sealSlot(process, key, slot));
  void every(process.life, ROUND_MS, (round) => voteInRound(process, key, BigInt(round)));
  void every(process.life, SESSION_MS, (session) => heartbeat(process, key, session));
  if (process.world.plan.features.has('beefy'))
    void every(process.life, 2 * ROUND_MS, () => voteForBlock(process, key));
}

const REPORT_MS = 300;

async function report(process: NodeProcess): Promise<void> {
  const { life, random, world } = process;
  while (life.alive()) {
    const state = {
      chain: CHAIN,
      keys: world.keys,
      syncing: false,
      peers: 5,
      finalityLagBlocks: 0,
      clockOffsetMs: 0,
    };
    const index = random.int(0, world.services.length - 1);
    const answer = await ask(process, index, { op: 'ready', report: state }, 500);
    for (const watch of (answer as readonly WatchState[] | null) ?? [])
      process.terms.set(watch.key, watch.term);
    await life.clock.sleep(REPORT_MS);
  }
}

/** Two nodes, and two starts of a node, build different blocks for one slot. */
async function sealSlot(process: NodeProcess, key: string, slot: number): Promise<void> {
  const digest = `0x${randomHex(process.random, 32)}`;
  const endMs = GENESIS_MS + slot * SLOT_MS + (SLOT_MS * 2) / 3;
  const wish = { key, duty: 'babe', unit: String(slot), part: 'seal', digest } as const;
  await claim(process, wish, endMs - process.life.clock.nowMs());
}

/** How long a late voter waits between two votes of a round: a round in the background. */
const LATE_MS: readonly [number, number] = [1_500, 6_000];

/** The vote is one of two targets: nodes, and starts of a node, may see different heads. */
async function voteInRound(process: NodeProcess, key: string, round: bigint): Promise<void> {
  const { random, life, world } = process;
  const unit = roundText(world.plan, round);
  const term = process.terms.get(key) ?? '0';
  const enter = { key, duty: 'grandpa', unit, part: 'enter', digest: null, term } as const;
  if (!(await claim(process, enter, 600))) return;
  for (const part of ['prevote', 'precommit'] as const) {
    const isLate = world.plan.features.has('late-votes') && !world.mood.calm && random.chance(0.2);
    if (isLate) await life.clock.sleep(random.int(...LATE_MS));
    const digest = `0x${random.pick(['0a', '0b']).repeat(40)}`;
    await claim(process, { key, duty: 'grandpa', unit, part, digest }, 3_000);
  }
}

async function voteForBlock(process: NodeProcess, key: string): Promise<void> {
  const unit = blockText(process.world.plan, process.life.clock.nowMs());
  const digest = `0x${process.random.pick(['0c', '0d']).repeat(32)}`;
  await claim(process, { key, duty: 'beefy', unit, part: 'vote', digest }, 1_500);
}

async function heartbeat(process: NodeProcess, key: string, session: number): Promise<void> {
  const wish = { key, duty: 'im-online', unit: String(session), part: 'heartbeat', digest: null } as const;
  await claim(process, wish, 2_000);
}
