import { fault, usageFault } from '@watchbill/kit';
import type { Context } from '@watchbill/kit/command/context';
import { EXIT } from '@watchbill/kit/command/exit';
import type { Io } from '@watchbill/kit/command/io';
import { personOf } from '@watchbill/kit/command/person';
import { lines, print, printJson } from '@watchbill/kit/command/print';
import { guardFailpoint } from '../../../failpoints.ts';
import { isRested, isUnused, SILENCE_MS, takeOverChecks } from '../../../pair/checklist.ts';
import { MACHINE_NAME, type TakenBy, taken } from '../../../pair/record.ts';
import { hasGoneBack, highestTerm, type PairView, replaceRole, watchPair } from '../../../pair/view.ts';
import type { Flags } from '../flags.ts';
import { checksText, confirmName, statusOf } from './checks-text.ts';
import { withPair } from './open.ts';
import { allAlive, WATCH_MS } from './show.ts';

type TakeOverFlags = Flags<'pair' | 'to' | 'reason', 'yes' | 'json'>;

/** A person makes a machine the active one: the first of a pair, or after the active one stopped or died. */
export async function takeOver(io: Io, options: TakeOverFlags, exit: Context['exit']): Promise<void> {
  const { pair, to, reason, json } = options;
  // No guard and no command could read a record with another name, so the active machine would stop.
  if (!MACHINE_NAME.test(to))
    throw usageFault(`"${to}" is not the name of a machine`, 'give the name in its pair file', 'flag --to');
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
    const how: TakenBy = isUnused(view) ? 'first' : 'person';
    const taking = { holder: to, how, by: personOf(io), reason, seenTerm: highestTerm(view) };
    const next = taken(view.record, taking);
    if (!(await replaceRole(store, view.record, next, guardFailpoint(process.env.WATCHBILL_FAILPOINT)))) {
      const what = 'the active machine renewed its role meanwhile: it runs';
      const remedy = 'run the command again; hand over if its guard runs';
      throw fault('pair-changed', 'fault', { what, remedy });
    }
    const done = `${to} is active in term ${next.term}. Its guard places keys once that is safe.`;
    print(io, json, { checks, record: next }, () => lines([done]));
  });
}

/** A record that moves shows a guard that runs; where there is none, no silence is needed. */
const isKnown = (view: PairView): boolean =>
  isUnused(view) ? view.watchedMs >= WATCH_MS || allAlive(view) : view.moved;

/** Only a person can know that a silent machine is off, and not merely frozen. */
async function confirm(io: Io, { to, yes, json }: TakeOverFlags, view: PairView): Promise<void> {
  const { record } = view;
  if (isUnused(view) || isRested(view)) return;
  // A store that went back does not know the machine that was active last: it may be any other one.
  const off = record === null || hasGoneBack(view) ? null : record.holder;
  if (json !== true)
    io.out(
      lines([
        off === null
          ? `Make sure of each machine of the pair except ${to}: \`watchbill guard pair\` shows that its guard runs with no key placed, or it is switched off:`
          : `Make sure that ${off} is switched off, or that its guard and its node do not run:`,
        `  1. power it off in the console of its provider, or pull its plug`,
        `  2. look there that it is off, and that nothing starts it again`,
        'A machine that is frozen, for example a paused virtual machine, is not off: it signs when it goes on.',
      ]),
    );
  const [name, whose] = off === null ? [to, 'becomes active'] : [off, 'is off'];
  await confirmName(io, yes, name, `--to asks for the name of the machine that ${whose} (${name})`);
}
