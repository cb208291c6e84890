import { table } from '@watchbill/kit';
import { EXIT, type ExitCode } from '@watchbill/kit/command/exit';
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
