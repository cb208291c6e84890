import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runControls } from './control.ts';
import { DEVNET_TITLE, writeResults } from './page.ts';
import { nodeBinary, specFile } from './prepare.ts';
import { runScenario, type ScenarioRow } from './run.ts';
import { startScenarioSetup } from './scenario-setup.ts';
import { SCENARIOS, type Scenario } from './scenarios.ts';
import type { StoreKind } from './services.ts';
import { breaches, doubles, resultsOf, textTable } from './table.ts';

export interface TableOptions {
  readonly only: readonly string[] | undefined;
  readonly holdSeconds: number;
}

interface Section {
  readonly title: string;
  readonly rows: readonly ScenarioRow[];
}

const SETTLE_MS = 10_000;
const SETTINGS = [
  { title: 'Embedded store', store: 'sqlite', wire: 'claims' },
  { title: 'Three members of etcd, two services', store: 'etcd', wire: 'claims' },
  { title: 'Original wire protocol, embedded store', store: 'sqlite', wire: 'original' },
] as const;

/** Every scenario on every setting, and the controls; writes the page. Returns the exit code. */
export async function runTable(options: TableOptions): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'watchbill-table-'));
  try {
    const parts = { binary: nodeBinary(), spec: specFile('5', folder), options };
    const seconds = options.holdSeconds * 2;
    const controls = options.only === undefined ? await runControls({ ...parts, seconds }) : [];
    const sections: Section[] = [];
    for (const setting of SETTINGS)
      sections.push({ title: setting.title, rows: await runSetting(parts, setting) });
    if (options.only === undefined)
      writeResults(DEVNET_TITLE, options.holdSeconds, [
        { ...resultsOf('Controls', controls), notKept: [] },
        ...sections.map(({ title, rows }) => resultsOf(title, rows)),
      ]);
    const broken = sections.flatMap(({ rows }) => rows.flatMap(breaches));
    const blind = controls.length > 0 && doubles(controls.at(-1)?.equivocations) === 0;
    if (blind) console.error('the danger was not seen: two plain nodes with one key signed nothing twice');
    for (const breach of broken) console.error(breach);
    return broken.length > 0 || blind ? 1 : 0;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Parts {
  readonly binary: string;
  readonly spec: string;
  readonly options: TableOptions;
}

async function runSetting(
  { binary, spec, options }: Parts,
  { title, store, wire }: (typeof SETTINGS)[number],
): Promise<readonly ScenarioRow[]> {
  const rows: ScenarioRow[] = [];
  const setup = await startScenarioSetup({ binary, spec, store, wire });
  try {
    for (const scenario of chosen(options.only, store)) {
      console.error(`${title}: ${scenario.name}: ${scenario.what}`);
      const times = { holdMs: options.holdSeconds * 1_000, settleMs: SETTLE_MS };
      rows.push(await runScenario(setup, scenario, times));
    }
  } finally {
    await setup.close();
  }
  console.log(`\n${title}\n${textTable(rows)}`);
  return rows;
}

function chosen(only: readonly string[] | undefined, store: StoreKind): readonly Scenario[] {
  return SCENARIOS.filter(
    ({ name, onlyOn }) => (onlyOn ?? store) === store && (only === undefined || only.includes(name)),
  );
}
