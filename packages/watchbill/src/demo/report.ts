import { counted } from '@watchbill/kit';
import { timeText } from './frame.ts';
import type { Conflict, Tally } from './tally.ts';

/**
 * The final count for people, with the folder of the records if it still exists; its last line is `duties
 * N, conflicts C, missed M`.
 */
export function tallyText(result: Tally, records: string | null): string {
  const lines = [
    '',
    `Counted from the signing records of the validators${records === null ? '' : `: ${records}`}`,
    `  BABE     ${countText(result.babe, 'slots won')}`,
    `  GRANDPA  ${countText(result.grandpa, 'rounds (prevote and precommit)')}`,
    ...result.outages.map(({ atMs, node, pid, planned, missed }) => {
      const how = planned ? 'killed' : 'ended';
      return `  ${timeText(atMs)} ${node} pid ${pid} ${how}: missed ${missed.length === 0 ? 'no duty' : missed.join(', ')}`;
    }),
    ...listed(result.unexplained, (unit) => {
      const short = unit.replace(/^(0x.{8})[0-9a-f]*/, 'key $1');
      return `  missed without the end of a process: ${short}`;
    }),
    ...listed(result.unreadable, (line) => `  UNREADABLE ${line}`),
    ...listed(result.conflicting, conflictText),
    `duties ${result.duties}, conflicts ${result.conflicts}, missed ${result.missed}`,
  ];
  return `${lines.join('\n')}\n`;
}

const LISTED = 12;

/** The first few, and how many more there are. */
function listed<Item>(items: readonly Item[], line: (item: Item) => string): readonly string[] {
  const lines = items.slice(0, LISTED).map(line);
  return items.length > LISTED ? [...lines, `  ... and ${items.length - LISTED} more of these`] : lines;
}

function countText(count: Tally['babe'], what: string): string {
  return `${count.signed} of ${count.due} ${what} signed, ${count.missed} missed, ${counted(count.conflicts, 'conflict')}`;
}

function conflictText({ key, duty, unit, part, by }: Conflict): string {
  const signers = by.map(
    (one) => `${one.node} (start ${one.incarnation.slice(0, 8)}) ${one.digest.slice(0, 18)}`,
  );
  return `  CONFLICT key ${key.slice(0, 10)} ${duty} ${unit} ${part}: ${signers.join(' and ')}`;
}

/** The final count for programs: the three promised fields first. */
export function tallyJson(result: Tally): Record<string, unknown> {
  const { duties, conflicts, missed, due, babe, grandpa, signatures, unexplained, unreadable } = result;
  const kills = result.outages.map(({ key: _, ...kill }) => kill);
  return { duties, conflicts, missed, due, babe, grandpa, signatures, kills, unexplained, unreadable };
}
