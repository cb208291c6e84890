import { setTimeout as sleep } from 'node:timers/promises';
import { type CollatorBinaries, type CollatorNetwork, startCollatorNetwork } from './collator-network.ts';
import {
  COLLATOR_SCENARIOS,
  type CollatorRow,
  type CollatorTimes,
  collatorBreaches,
  lostBlocks,
  runCollatorScenario,
} from './collator-scenarios.ts';
import { COLLATOR_TITLE, writeResults } from './page.ts';
import { collatorBinary, nodeBinary, relayBinary } from './prepare.ts';
import { markdownLines } from './table.ts';
import type { TableOptions } from './write-table.ts';

const SETTLE_MS = 24_000;
const [GATED, ALONE, TWINS] = ['two gated', 'one plain', 'two plain'] as const;
/** A plain node that was added has to follow the relay chain before it builds. */
const JOIN_MS = 45_000;

/** Scenarios and controls of a collator; writes their section of the page. Returns the exit code. */
export async function runCollatorTable(options: TableOptions): Promise<number> {
  const binaries: CollatorBinaries = { node: nodeBinary(), relay: relayBinary(), collator: collatorBinary() };
  const times = { holdMs: options.holdSeconds * 1_000, settleMs: SETTLE_MS };
  const isWhole = options.only === undefined;
  const network = await startCollatorNetwork(binaries);
  try {
    const gated = await runGated(network, times, options.only);
    const controls = isWhole ? await runControls(network, times) : [];
    const broken = gated.flatMap((row) =>
      collatorBreaches(row).map((breach) => `${row.scenario}: ${breach}`),
    );
    const table = markdownLines(HEADS, [...gated, ...controls].map(cellsOf));
    if (isWhole)
      writeResults(COLLATOR_TITLE, options.holdSeconds, [
        { heading: COLLATOR_TITLE, table, notKept: broken },
      ]);
    for (const breach of broken) console.error(breach);
    const blind = isWhole && controls.at(-1)?.parachain.twice === 0;
    if (blind) console.error('the danger was not seen: two plain collators with one key built nothing twice');
    return broken.length > 0 || blind ? 1 : 0;
  } finally {
    await network.close();
  }
}

async function runGated(
  network: CollatorNetwork,
  times: CollatorTimes,
  only: readonly string[] | undefined,
): Promise<readonly CollatorRow[]> {
  const rows: CollatorRow[] = [];
  for (const scenario of COLLATOR_SCENARIOS) {
    if (only !== undefined && !only.includes(scenario.name)) continue;
    console.error(`${GATED}: ${scenario.name}: ${scenario.what}`);
    const active = { node: await network.lastGranted(), machines: GATED };
    rows.push(await tell(runCollatorScenario(network, scenario, active, times)));
  }
  return rows;
}

/** The gated machines end first. The last row is the one that must fail. */
async function runControls(network: CollatorNetwork, times: CollatorTimes): Promise<readonly CollatorRow[]> {
  for (const node of network.gated) await node.kill();
  const plain = await network.startPlain('plain-1');
  await network.untilIncluded((await network.included()) + 2);
  const rows: CollatorRow[] = [];
  for (const scenario of COLLATOR_SCENARIOS) {
    console.error(`${ALONE}: ${scenario.name}`);
    rows.push(await tell(runCollatorScenario(network, scenario, { node: plain, machines: ALONE }, times)));
  }
  await network.startPlain('plain-2');
  await sleep(JOIN_MS);
  for (const scenario of COLLATOR_SCENARIOS.slice(0, 1)) {
    console.error(`${TWINS}: ${scenario.name}`);
    rows.push(await tell(runCollatorScenario(network, scenario, { node: plain, machines: TWINS }, times)));
  }
  return rows;
}

async function tell(running: Promise<CollatorRow>): Promise<CollatorRow> {
  const row = await running;
  console.error(JSON.stringify(row));
  return row;
}

const HEADS = [
  'machines',
  'scenario',
  'seconds',
  'relay blocks',
  'relay blocks that lost',
  'parachain blocks built',
  'included',
  'lost',
  'built on both of two relay parents',
  'units with two blocks',
  'longest time without a block, s',
];

function cellsOf(row: CollatorRow): readonly string[] {
  const { relay, parachain } = row;
  return [
    row.machines,
    `\`${row.scenario}\``,
    `${row.seconds}`,
    `${relay.heights}`,
    `${relay.blocks - relay.heights}`,
    `${parachain.blocks}`,
    `${row.included}`,
    `${lostBlocks(row)}`,
    `${parachain.onForks}`,
    `${parachain.twice}`,
    (parachain.longestGapMs / 1_000).toFixed(1),
  ];
}
