import { setTimeout as sleep } from 'node:timers/promises';
import type { RunningNode } from '../nodes/running-node.ts';
import type { BlockCounts } from './collator-blocks.ts';
import type { CollatorNetwork } from './collator-network.ts';

/** A fault of the network of a collator, and its end. */
export interface CollatorScenario {
  readonly name: string;
  /** One sentence for the page. */
  readonly what: string;
  /** Brings it about; the answer ends it. `active`: the machine that builds. */
  begin(network: CollatorNetwork, active: RunningNode): Promise<() => Promise<void>>;
}

export const COLLATOR_SCENARIOS: readonly CollatorScenario[] = [
  { name: 'calm', what: 'nothing happens', begin: async () => async () => undefined },
  {
    name: 'relay-fork',
    what: 'a validator of the relay chain is cut off from all nodes, makes its own fork, and meets the others again at the end',
    begin: async ({ unruly }) => {
      unruly.partition({ from: 'peers' });
      return async () => unruly.heal();
    },
  },
  {
    name: 'killed',
    what: 'the machine that builds is killed with SIGKILL and comes back at the end',
    begin: async (_, active) => {
      await active.kill();
      return () => active.start();
    },
  },
];

/** The result of a scenario, from its beginning until everything settled after it. */
export interface CollatorRow {
  readonly machines: string;
  readonly scenario: string;
  readonly seconds: number;
  readonly relay: BlockCounts;
  readonly parachain: BlockCounts;
  /** Blocks of the parachain that the relay chain included. */
  readonly included: number;
}

export interface CollatorTimes {
  readonly holdMs: number;
  readonly settleMs: number;
}

export async function runCollatorScenario(
  network: CollatorNetwork,
  scenario: CollatorScenario,
  active: { readonly node: RunningNode; readonly machines: string },
  { holdMs, settleMs }: CollatorTimes,
): Promise<CollatorRow> {
  const before = await network.included();
  const fromMs = Date.now();
  const end = await scenario.begin(network, active.node);
  await sleep(holdMs);
  await end();
  await sleep(settleMs);
  const stretch = { fromMs, untilMs: Date.now() };
  return {
    machines: active.machines,
    scenario: scenario.name,
    seconds: Math.round((stretch.untilMs - fromMs) / 1_000),
    relay: network.relayBlocks.count(stretch),
    parachain: network.blocks.count(stretch),
    included: (await network.included()) - before,
  };
}

/** Blocks of the relay chain without a block of the parachain. */
export function lostBlocks({ relay, included }: CollatorRow): number {
  return Math.max(0, relay.heights - included);
}

/** The reasons why a row of gated machines breaks the promise; empty if it keeps it. */
export function collatorBreaches(row: CollatorRow): readonly string[] {
  const { twice } = row.parachain;
  return [
    ...(twice > 0 ? [`${twice} units with two blocks of one key`] : []),
    ...(row.included === 0 ? ['the relay chain included no block of the parachain'] : []),
  ];
}
