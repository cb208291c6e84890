import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runControls } from './control.ts';
import { type ChainKind, relayChain } from './kinds.ts';
import { RELAY_TITLE, writeResults } from './page.ts';
import { nodeBinary, relayBinary } from './prepare.ts';
import { RELAY_SCENARIOS } from './relay-scenarios.ts';
import { relaySpecFile } from './relay-spec.ts';
import { runScenario, type ScenarioRow } from './run.ts';
import { startScenarioSetup } from './scenario-setup.ts';
import { breaches, doubles, resultsOf, textTable } from './table.ts';
import type { TableOptions } from './write-table.ts';

const SETTLE_MS = 12_000;
/** A session of the chain: with both machines in it, the identity is due in several slots. */
const CONTROL_SECONDS = 120;

interface Parts {
  readonly kind: ChainKind;
  readonly binary: string;
  readonly spec: string;
  readonly options: TableOptions;
}

/** Scenarios and controls on a relay chain; writes their section of the page. Returns the exit code. */
export async function runRelayTable(options: TableOptions): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'watchbill-relay-'));
  try {
    const kind = relayChain(relayBinary());
    const binary = nodeBinary();
    const spec = relaySpecFile(binary, [...kind.others, kind.identity], folder);
    const parts = { kind, binary, spec, options };
    const isWhole = options.only === undefined;
    const controls = isWhole ? await runControls({ ...parts, seconds: CONTROL_SECONDS }) : [];
    const rows = await runScenarios(parts);
    if (isWhole)
      writeResults(RELAY_TITLE, options.holdSeconds, [
        resultsOf(RELAY_TITLE, rows),
        { ...resultsOf('Controls on Westend', controls), notKept: [] },
      ]);
    const blind = isWhole && doubles(controls.at(-1)?.equivocations) === 0;
    if (blind) console.error('the danger was not seen: two plain nodes with one key signed nothing twice');
    const broken = rows.flatMap(breaches);
    for (const breach of broken) console.error(breach);
    return broken.length > 0 || blind ? 1 : 0;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function runScenarios({ kind, binary, spec, options }: Parts): Promise<readonly ScenarioRow[]> {
  const { only, holdSeconds } = options;
  const rows: ScenarioRow[] = [];
  const setup = await startScenarioSetup({ binary, spec, kind, store: 'sqlite', wire: 'claims' });
  try {
    for (const scenario of RELAY_SCENARIOS) {
      if (only !== undefined && !only.includes(scenario.name)) continue;
      console.error(`${RELAY_TITLE}: ${scenario.name}: ${scenario.what}`);
      const times = { holdMs: holdSeconds * 1_000, settleMs: SETTLE_MS };
      const row = await runScenario(setup, scenario, times);
      console.error(textTable([row]));
      for (const end of row.ownEnds) console.error(`ended by itself: ${end}`);
      rows.push(row);
    }
  } finally {
    await setup.close();
  }
  console.log(`\n${RELAY_TITLE}\n${textTable(rows)}`);
  return rows;
}
