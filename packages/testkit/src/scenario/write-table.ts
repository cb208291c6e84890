import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runControls } from './control.ts';
import { COLLATOR_TITLE, RELAY_TITLE, readPage, sectionOf, writePage } from './page.ts';
import { nodeBinary, specFile } from './prepare.ts';
import { runScenario, type ScenarioRow } from './run.ts';
import { startScenarioSetup } from './scenario-setup.ts';
import { SCENARIOS, type Scenario } from './scenarios.ts';
import type { StoreKind } from './services.ts';
import { breaches, doubles, markdownTable, textTable } from './table.ts';

export interface TableOptions {
  readonly only: readonly string[] | undefined;
  readonly holdSeconds: number;
}

interface Section {
  readonly title: string;
  readonly rows: readonly ScenarioRow[];
}

const SETTLE_MS = 10_000;
const ORIGINAL = 'Original wire protocol, embedded store';
/** Otherwise a vote that is missing there reads as a fault of the run. */
const SETS_MISSED = [
  'A question of this wire names no authority set. A machine that missed the beginning of one is granted no round any more (`set-unconfirmed`) until the key is',
  'adopted anew, while its blocks are granted as before: [why, and what to do](../how-to/refused-votes.md). The scenarios share one chain, so a later one may begin like that.',
];
const SETTINGS = [
  { title: 'Embedded store', store: 'sqlite', wire: 'claims' },
  { title: 'Three members of etcd, two services', store: 'etcd', wire: 'claims' },
  { title: ORIGINAL, store: 'sqlite', wire: 'original' },
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
    if (options.only === undefined) writePage(pageOf(controls, sections, options.holdSeconds));
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

function pageOf(controls: readonly ScenarioRow[], sections: readonly Section[], seconds: number): string {
  const lines = [
    '# What real nodes did',
    '',
    'Made by `npm run scenarios`; run it again instead of editing. Six real machines run a chain of five authorities with slots of one',
    'second. Two of them hold the keys of the fifth authority and ask the permission service before each signature. An',
    'independent observer follows two nodes and every vote on the wire, and counts per identity.',
    '',
    `Each scenario lasted ${seconds} seconds, or until the standby had signed, and 10 seconds more; up to a minute longer where nothing went on. *Due* are the slots that \`babe_epochAuthorship\` names for the`,
    'identity; a stock node makes a block in each of them, also where another author has one too. *Missed* are due slots without a header of the identity; *lost*,',
    'those without any header. *Equivocations* are slots with two headers of one key, votes with two targets of one key, and',
    'offences on the chain, over all identities. *Own ends* are nodes that stopped by themselves (a vote that was refused) and were started',
    'again, as a service manager does. The *first block* of the standby comes with the first slot that is due, which may be a while after the fault;',
    'a slot that it let pass would be counted as missed.',
    '',
    '## Controls',
    '',
    markdownTable(controls),
    '',
    'The second control must fail: it is the danger, and the check that finds it.',
  ];
  for (const { title, rows } of sections) {
    lines.push('', `## ${title}`, '', markdownTable(rows));
    if (title === ORIGINAL) lines.push('', ...SETS_MISSED);
    const broken = rows.flatMap((row) => breaches(row).map((breach) => `\`${row.scenario}\`: ${breach}`));
    if (broken.length > 0) lines.push('', `Expectations that failed: ${broken.join('; ')}.`);
  }
  lines.push('', '## The scenarios', '');
  // Those on TiKV are in no section: the tier `tikv-node` runs them.
  const shown = SCENARIOS.filter(({ onlyOn }) => SETTINGS.some(({ store }) => (onlyOn ?? store) === store));
  for (const { name, what } of shown) lines.push(`- \`${name}\`: ${what}.`);
  for (const title of [RELAY_TITLE, COLLATOR_TITLE]) {
    const kept = sectionOf(readPage(), title);
    if (kept.length > 0) lines.push('', ...kept);
  }
  return `${lines.join('\n')}\n`;
}
