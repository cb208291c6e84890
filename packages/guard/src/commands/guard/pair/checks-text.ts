import { table, usageFault } from '@watchbill/kit';
import { EXIT, type ExitCode } from '@watchbill/kit/command/exit';
import type { Io } from '@watchbill/kit/command/io';
import { lines } from '@watchbill/kit/command/print';
import type { PairCheck } from '../../../pair/checklist.ts';

/** The checklist, one check a line, with the remedies of those that are not ok. */
export function checksText(checks: readonly PairCheck[]): string {
  const rows = checks.map(({ state, name, say }) => [state, name, say]);
  const remedies = checks.flatMap(({ state, name, remedy }) =>
    state === 'ok' ? [] : [`${name}: ${remedy}`],
  );
  return table(['state', 'check', 'found'], rows) + lines(remedies);
}

/** A failed check comes before an unknown one. */
export function statusOf(checks: readonly PairCheck[]): ExitCode {
  if (checks.some(({ state }) => state === 'fail')) return EXIT.denied;
  return checks.some(({ state }) => state === 'unknown') ? EXIT.unknown : EXIT.ok;
}

/** A person types the name of a machine, so that the wrong one is not chosen by habit. */
export async function confirmName(
  io: Io,
  yes: boolean | undefined,
  name: string,
  why: string,
): Promise<void> {
  if (yes === true) return;
  if (io.askHidden === null)
    throw usageFault(`${why}, and no person is at the terminal`, 'add --yes in a script', 'flag --yes');
  const typed = await io.askHidden(`type the name of the machine (${name}): `);
  if (typed.trim() === name) return;
  throw usageFault(`"${typed.trim().slice(0, 63)}" is not ${name}, so the command stops`, 'run it again');
}
