import { resolve } from 'node:path';
import { counted, table, usageFault } from '@watchbill/kit';
import type { Context } from '@watchbill/kit/command/context';
import { EXIT, type ExitCode } from '@watchbill/kit/command/exit';
import { readText } from '@watchbill/kit/command/input-file';
import { lines, print } from '@watchbill/kit/command/print';
import { keyText } from '../../doctor/finding.ts';
import { type InventoryReport, inventoryShape } from '../../doctor/report.ts';
import { machineAt } from '../../inspect/places.ts';
import { inspectMachines } from '../../inventory/machine.ts';
import { examineInventory, type HolderChanges, holderChanges } from '../../inventory/matrix.ts';
import { readInventory } from '../../inventory/read.ts';
import type { DoctorOptions } from './doctor-command.ts';
import { readEarlier } from './earlier.ts';
import { findingText, sinceText } from './text.ts';

/** Looks at the machines and files of an inventory, prints which key is where, and sets the exit status. */
export async function runInventory({ io, exit }: Context, options: DoctorOptions): Promise<void> {
  refuseOthers(options);
  const printed = ['a report about an inventory', 'doctor --inventory FILE --json'] as const;
  const before = readEarlier(io, options.since, inventoryShape, printed);
  const read = options.inventory.map((file) => {
    const path = resolve(io.cwd, file);
    return readInventory(path, readText(path, { named: file, where: 'flag --inventory' }), machineAt('/'));
  });
  const files = await Promise.all(read);
  const sshConfig = options.sshConfig === undefined ? null : resolve(io.cwd, options.sshConfig);
  const found = await inspectMachines(
    files.flatMap(({ targets }) => targets),
    { env: io.env, sshConfig },
  );
  const report = examineInventory([...found, ...files.flatMap(({ places }) => places)], io.clock.nowMs());
  const changes = before === null ? null : holderChanges(before, report);
  const json = { ...report, ...(changes === null ? {} : { changes }) };
  print(io, options.json, json, () => inventoryText(report, changes, options.all));
  exit(statusOf(report, changes));
}

/** A new holder comes first: a timer alerts on it, also while an older conflict is known. */
function statusOf({ findings, notLooked }: InventoryReport, changes: HolderChanges | null): ExitCode {
  if (changes !== null && changes.appeared.length > 0) return EXIT.changes;
  if (findings.length > 0) return EXIT.denied;
  return notLooked.length > 0 || (changes?.unknown.length ?? 0) > 0 ? EXIT.unknown : EXIT.ok;
}

function refuseOthers(options: DoctorOptions): void {
  const { node, rpc, validator, staking, keystore, sealed, unit, database, measureDisk, html } = options;
  const others = [node, validator, staking, sealed, database, measureDisk, html];
  if ([...others, ...rpc, ...keystore, ...unit].every((value) => value === undefined)) return;
  throw usageFault(
    '--inventory looks at keys alone',
    'give it with --ssh-config, --since, --all and --json only; run the doctor again for the rest',
    'flag --inventory',
  );
}

function inventoryText(report: InventoryReport, changes: HolderChanges | null, all: boolean): string {
  const { keys, findings, notLooked } = report;
  const places = [...new Set(keys.flatMap((row) => row.places))];
  const numbers = (row: InventoryReport['keys'][number]): string =>
    row.places.map((place) => places.indexOf(place) + 1).join(', ');
  const rows = [...Map.groupBy(keys, (row) => (all ? keyText(row) : numbers(row))).values()].flatMap(
    ([row, ...rest]) => {
      const more = rest.length === 0 ? '' : ` and ${rest.length} more`;
      return row === undefined ? [] : [[`${keyText(row)}${more}`, numbers(row)]];
    },
  );
  const looked = counted(report.places.length, 'place');
  return [
    rows.length === 0 ? '' : table(['KEY', 'PLACES'], rows),
    lines(places.map((place, at) => `${at + 1}  ${place}`)),
    ...(changes === null ? [] : [changesText(changes)]),
    ...findings.map((each) => findingText(each, all)),
    lines(notLooked.map(({ place, why }) => `not looked: ${place}: ${why}`)),
    lines([
      `${counted(keys.length, 'key')}, ${looked} looked at, ${notLooked.length} not. Findings: ${findings.length}. The doctor changed no file.`,
    ]),
  ]
    .filter((part) => part.trim() !== '')
    .join('\n');
}

function changesText(changes: HolderChanges): string {
  const { appeared, gone, unknown } = changes;
  const row = (sign: string) => (each: HolderChanges['appeared'][number]) =>
    `${sign} ${keyText(each)}  ${each.place}`;
  const rows = [...appeared.map(row('new    ')), ...gone.map(row('gone   ')), ...unknown.map(row('unknown'))];
  return sinceText('Holders', changes, rows, 'no change');
}
