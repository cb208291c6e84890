import { columns } from '@watchbill/kit';
import type { Results } from './page.ts';
import type { ScenarioRow, SeenRow, Takeover } from './run.ts';

/** Every double signature, however it was seen. */
export function doubles(found: ScenarioRow['equivocations'] | undefined): number {
  return found === undefined ? 0 : found.blocks + found.votes + found.offences;
}

/** In these a machine of the identity and a service could answer nearly all along. */
const ABLE = ['calm', 'restarted', 'etcd-leader-killed'];
const MS_PER_SECOND = 1_000;

/**
 * The parts of the promise that a row shows only after enough time: the identity signs, and finality goes on.
 */
export function standstills(row: SeenRow): readonly string[] {
  return [
    // One due slot may be the very one in which something was killed.
    ...(ABLE.includes(row.scenario) && row.due > 1 && row.missed === row.due
      ? [`each of ${row.due} due slots passed without a block of the identity`]
      : []),
    ...(row.longestFinalityGapMs * 2 > row.seconds * MS_PER_SECOND
      ? [`finality stood for ${row.longestFinalityGapMs} ms of ${row.seconds} s`]
      : []),
    ...(row.votes === 0 ? ['the identity never voted'] : []),
  ];
}

/** The reasons why a row breaks the promise; empty if it keeps it. */
export function breaches(row: ScenarioRow): readonly string[] {
  const { blocks, votes, offences } = row.equivocations;
  return [
    ...standstills(row),
    ...(blocks > 0 ? [`${blocks} slots with two headers of one key`] : []),
    ...(row.scenario === 'beefy-needed' && row.beefy?.votes === 0
      ? ['BEEFY needed the identity, and the service granted no vote']
      : []),
    ...(votes > 0 ? [`${votes} votes with two targets of one key`] : []),
    ...(offences > 0 ? [`${offences} offences on the chain`] : []),
    ...row.faults.map((fault) => `the observer could not see everything: ${fault}`),
  ];
}

const seconds = (ms: number | null): string => (ms === null ? 'none' : (ms / 1_000).toFixed(1));

function voteOf({ voteMs, refusals }: Takeover): string {
  return refusals.length === 0 ? seconds(voteMs) : `${seconds(voteMs)} (${refusals.join(', ')})`;
}

function cellsOf(row: ScenarioRow): readonly string[] {
  const { blocks, votes, offences } = row.equivocations;
  const { takeover } = row;
  return [
    row.scenario,
    `${row.seconds}`,
    `${row.due}`,
    `${row.missed}`,
    `${row.lost}`,
    `${blocks} / ${votes} / ${offences}`,
    takeover === null ? '-' : `${seconds(takeover.blockMs)} / ${voteOf(takeover)}`,
    seconds(row.longestFinalityGapMs),
    ...(row.beefy === null ? [] : [`${row.beefy.votes} / ${row.beefy.blocks}`]),
    `${row.ownEnds.length}`,
  ];
}

const HEADS = [
  'scenario',
  'seconds',
  'due slots',
  'missed',
  'lost to the chain',
  'equivocations: slots / votes / offences',
  'first block / vote of the standby, s',
  'longest finality gap, s',
  'own ends',
] as const;

/** The heads of these rows: one more, before the last, on a chain with BEEFY. */
function headsOf(heads: readonly string[], beefy: string, rows: readonly ScenarioRow[]): readonly string[] {
  return rows.some((row) => row.beefy !== null) ? heads.toSpliced(-1, 0, beefy) : heads;
}

/** For a page. A node that ended by itself is named with its reason. */
export function resultsOf(heading: string, rows: readonly ScenarioRow[]): Results {
  const heads = headsOf(HEADS, 'BEEFY: votes granted / blocks finalised', rows);
  const notKept = rows.flatMap((row) =>
    [...breaches(row), ...row.ownEnds.map((end) => `own end: ${end}`)].map(
      (what) => `\`${row.scenario}\`: ${what}`,
    ),
  );
  return { heading, table: markdownLines(heads, rows.map(cellsOf)), notKept };
}

/** The lines of a table in Markdown, from the texts of its cells. */
export function markdownLines(
  heads: readonly string[],
  rows: readonly (readonly string[])[],
): readonly string[] {
  return [heads, heads.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`);
}

/** For a terminal: columns that line up. */
export function textTable(rows: readonly ScenarioRow[]): string {
  const short = ['scenario', 's', 'due', 'missed', 'lost', 'double s/v/o', 'standby b/v', 'gap', 'ends'];
  const heads = headsOf(short, 'beefy v/b', rows);
  return columns([heads, ...rows.map(cellsOf)]).trimEnd();
}
