import { counted, table } from '@watchbill/kit';
import { EXIT, type ExitCode } from '@watchbill/kit/command/exit';
import { lines } from '@watchbill/kit/command/print';
import { shortHex } from '@watchbill/kit/command/text';
import type { Drill, WatchState } from '../../service/index.ts';
import type { FirstUnit } from './follow.ts';

/** A handover that was carried out. */
export interface Done {
  readonly watch: WatchState;
  readonly from: string | null;
  readonly tookMs: number;
  readonly first: FirstUnit | null;
  readonly missed: readonly string[];
}

/** The checklist, one check a line, with the remedies of those that are not ok. */
export function checklistText({ key, chain, from, to, checks, tookMs }: Drill): string {
  const rows = checks.map(({ name, state, needed, detail, tookMs: ms }) => [
    state,
    name,
    needed ? 'needed' : '',
    detail,
    `${Math.round(ms)} ms`,
  ]);
  const remedies = checks.flatMap(({ name, state, needed, remedy }) =>
    needed && state !== 'ok' && remedy !== null ? [`${name}: ${remedy}`] : [],
  );
  const head = `key ${shortHex(key)} on chain ${shortHex(chain)}: from ${from ?? 'no node'} to ${to}`;
  return (
    lines([head]) +
    table(['state', 'check', '', 'found', 'time'], rows) +
    lines([`checked in ${Math.round(tookMs)} ms`, ...remedies])
  );
}

/** The verdict of the drills of all keys. */
export function verdictText(to: string, worst: ExitCode): string {
  if (worst === EXIT.ok)
    return lines([
      'drill: ok. The watch stays where it is.',
      `to hand over: watchbill handover --to ${to} --execute`,
    ]);
  const why = worst === EXIT.denied ? 'a needed check fails' : 'a needed check is unknown';
  return lines([`${why}, so a handover would be refused. The watch stays where it is.`]);
}

/** The result of a handover, with the missed units. */
export function doneText({ watch, from, tookMs, first, missed }: Done, seconds: number): string {
  const moved = `${watch.holder ?? 'no node'} is active (term ${watch.term}); ${from ?? 'no node'} was active before. Took ${Math.round(tookMs)} ms.`;
  const lost =
    missed.length === 0
      ? 'none of the units that this service was asked for'
      : `${counted(missed.length, 'unit')}: ${missed.join(', ')}`;
  return lines([moved, firstText(watch.holder, first, seconds), `missed: ${lost}`]);
}

function firstText(node: string | null, first: FirstUnit | null, seconds: number): string {
  if (first === null) return `first signed unit: not seen yet within ${seconds} s`;
  const { duty, unit, part, seen } = first;
  const granted = `first signed unit of ${node}: ${duty} ${unit} ${part}, granted`;
  const proof = duty === 'grandpa' ? 'a later round' : 'its block';
  if (seen === null) return `${granted}; no observer reports it`;
  return seen
    ? `${granted}, and observers saw ${proof}`
    : `${granted}; ${proof} was not seen yet within ${seconds} s`;
}
