import {
  guardFailpoint,
  type PairView,
  replaceRole,
  SILENCE_MS,
  type TakenBy,
  taken,
  takeOverChecks,
  watchPair,
} from '@watchbill/guard';
import { lines, printJson } from '../../../output/print.ts';
import type { Context } from '../../../process/context.ts';
import { EXIT } from '../../../process/exit.ts';
import { fault } from '../../../process/fault.ts';
import type { Io } from '../../../process/io.ts';
import { personOf } from '../../../process/person.ts';
import { checksText, statusOf } from './checks-text.ts';
import { confirmName } from './confirm.ts';
import { withPair } from './open.ts';
import { allAlive, WATCH_MS } from './show.ts';

export interface TakeOverOptions {
  readonly pair: string;
  readonly to: string;
  readonly reason: string;
  readonly yes?: boolean;
  readonly json?: boolean;
}

/** A person makes a machine the active one: the first of a pair, or after the active one stopped or died. */
export async function takeOver(io: Io, options: TakeOverOptions, exit: Context['exit']): Promise<void> {
  const { pair, to, reason, json } = options;
  await withPair(io, pair, async (store) => {
    if (json !== true) io.out(`watching the pair for up to ${SILENCE_MS / 1_000} s\n`);
    const view = await watchPair(store, io.clock, SILENCE_MS, isKnown);
    const checks = takeOverChecks(view, to);
    if (json !== true) io.out(checksText(checks));
    if (statusOf(checks) === EXIT.denied) {
      if (json === true) printJson(io, { checks });
      return exit(EXIT.denied);
    }
    await confirm(io, options, view);
    const how: TakenBy = view.record === null ? 'first' : 'person';
    const next = taken(view.record, {
      holder: to,
      how,
      by: personOf(io),
      reason,
      seenTerm: highestTerm(view),
    });
    if (!(await replaceRole(store, view.record, next, guardFailpoint(process.env.WATCHBILL_FAILPOINT))))
      throw changed();
    if (json === true) printJson(io, { checks, record: next });
    else io.out(lines([`${to} is active in term ${next.term}. Its guard places keys once that is safe.`]));
  });
}

/** A machine may have seen a higher term than a store that was put back. */
function highestTerm({ members }: PairView): bigint {
  let highest = 0n;
  for (const { report } of members) if (report.seenTerm > highest) highest = report.seenTerm;
  return highest;
}

/** A record that moves shows a guard that runs; one that is free, or none, needs no silence. */
function isKnown(view: PairView): boolean {
  const { record, moved, watchedMs } = view;
  const isEnough =
    record === null || record.state === 'free' ? watchedMs >= WATCH_MS || allAlive(view) : moved;
  return isEnough;
}

/** Only a person can know that a silent machine is off, and not merely frozen. */
async function confirm(io: Io, { yes, json }: TakeOverOptions, { record }: PairView): Promise<void> {
  if (record === null || record.state === 'free') return;
  const { holder } = record;
  if (json !== true)
    io.out(
      lines([
        `Make sure that ${holder} is switched off, or that its guard and its node do not run:`,
        `  1. power it off in the console of its provider, or pull its plug`,
        `  2. look there that it is off, and that nothing starts it again`,
        'A machine that is frozen, for example a paused virtual machine, is not off: it signs when it goes on.',
      ]),
    );
  await confirmName(io, yes, holder, `--to asks for the name of the machine that is off (${holder})`);
}

function changed(): Error {
  return fault('pair-changed', 'fault', {
    what: 'the active machine renewed its role meanwhile: it runs',
    remedy: 'run the command again; hand over if its guard runs',
  });
}
