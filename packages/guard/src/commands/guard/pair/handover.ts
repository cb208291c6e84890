import type { Store } from '@watchbill/duty/store';
import { fault } from '@watchbill/kit';
import type { Context } from '@watchbill/kit/command/context';
import { EXIT } from '@watchbill/kit/command/exit';
import type { Io } from '@watchbill/kit/command/io';
import { personOf } from '@watchbill/kit/command/person';
import { lines, print, printJson } from '@watchbill/kit/command/print';
import { handOverChecks } from '../../../pair/checklist.ts';
import { asked, type RoleRecord } from '../../../pair/record.ts';
import { readRole } from '../../../pair/role-store.ts';
import { type PairView, replaceRole, watchPair } from '../../../pair/view.ts';
import type { Flags } from '../flags.ts';
import { checksText, confirmName, statusOf } from './checks-text.ts';
import { withPair } from './open.ts';
import { allAlive, pairText, WATCH_MS } from './show.ts';

type HandOverFlags = Flags<'pair' | 'to' | 'reason' | 'seconds', 'execute' | 'yes' | 'json'>;

/** A drill; with --execute, and if each check is ok, the handover, followed until the keys are placed. */
export async function handOver(io: Io, options: HandOverFlags, exit: Context['exit']): Promise<void> {
  const { pair, to, json, yes } = options;
  const say = (...texts: readonly string[]): void => {
    if (json !== true) io.out(lines(texts));
  };
  await withPair(io, pair, async (store) => {
    const view = await watchPair(store, io.clock, WATCH_MS, allAlive);
    const checks = handOverChecks(view, to);
    const code = statusOf(checks);
    if (json !== true) io.out(checksText(checks));
    if (code !== EXIT.ok || options.execute !== true) {
      if (json === true) printJson(io, { checks });
      const command = `to hand over: watchbill guard handover --to ${to} --execute`;
      if (code === EXIT.ok) say('drill: ok. The active machine stays.', command);
      else say('A handover would be refused. The active machine stays.');
      return exit(code);
    }
    await confirmName(io, yes, to, '--execute asks for the name of the new active machine');
    const done = await execute({ ...options, io, store, say }, view);
    if (json === true) printJson(io, { checks, ...done });
    exit(done.isOpen ? EXIT.ok : EXIT.unknown);
  });
}

type Ground = HandOverFlags & {
  readonly io: Io;
  readonly store: Store;
  readonly say: (...texts: readonly string[]) => void;
};

/** `movedMs`: from the question until the new machine is the holder; null if it never was. */
async function execute({ io, store, say, ...options }: Ground, { record }: PairView) {
  const { to, seconds } = options;
  const beganMs = io.clock.monotonicMs();
  const passedMs = (): number => Math.round(io.clock.monotonicMs() - beganMs);
  await askHolder(io, store, record, options);
  let movedMs: number | null = null;
  const view = await watchPair(store, io.clock, seconds * 1_000, (now) => {
    if (now.record?.how === 'returned' && now.record.term !== record?.term) return true;
    if (now.record?.holder !== to) return false;
    if (movedMs === null) {
      movedMs = passedMs();
      say(`${to} is active after ${movedMs} ms; its keys wait by the rule of votes`);
    }
    return isPlacedAt(now, to);
  });
  const isOpen = view.record?.holder === to && isPlacedAt(view, to);
  const openMs = isOpen ? passedMs() : null;
  if (view.record?.how === 'returned' && view.record.holder !== to)
    say(`${view.record.reason}, so ${view.record.holder} is active again`);
  else if (isOpen) say(`all keys are placed on ${to} after ${openMs} ms`);
  else {
    const where = `look at \`watchbill guard status\` on ${to}`;
    say(`not all keys are placed after ${seconds} s: ${where}`, 'The handover goes on by itself.');
  }
  if (options.json !== true) io.out(pairText(view));
  return { isOpen, movedMs, openMs };
}

function isPlacedAt({ members }: PairView, name: string): boolean {
  const report = members.find((member) => member.report.name === name && member.alive)?.report;
  return report !== undefined && report.open === report.keys.length;
}

/**
 * Takes the question to hand over back. The active machine stays; if its guard has ended its node for the
 * handover already, it starts the node again.
 */
export async function cancelHandOver(
  io: Io,
  { pair, reason = 'cancelled', json }: Flags<'pair', 'reason' | 'json'>,
): Promise<void> {
  await withPair(io, pair, async (store) => {
    const record = await readRole(store);
    const to = record?.to ?? null;
    if (to !== null) await askHolder(io, store, record, { to: null, reason });
    const active = record?.holder ?? null;
    print(io, json, { cancelled: to, active }, () =>
      to === null
        ? `no handover is asked for; active: ${active ?? 'none'}\n`
        : `the handover to ${to} is cancelled; ${active} stays active\n`,
    );
  });
}

const TRIES = 10;

/**
 * Writes the question into the record of the pair: the machine to hand over to; null takes it back. The
 * active guard renews its record every few seconds, so one try may meet a newer one. Throws `pair-changed` if
 * another term has begun, or if the guard of the active machine stopped before it was asked.
 */
async function askHolder(
  io: Io,
  store: Store,
  seen: RoleRecord | null,
  { to, reason }: { readonly to: string | null; readonly reason: string },
): Promise<void> {
  for (let left = TRIES, record = seen; left > 0 && record !== null; left--) {
    if (await replaceRole(store, record, asked(record, to, personOf(io), reason))) return;
    const now = await readRole(store);
    if (now?.term !== seen?.term || (to !== null && now?.state !== 'held')) break;
    record = now;
  }
  const what = `the pair changed while the handover was ${to === null ? 'cancelled' : 'asked for'}`;
  const remedy = 'look at `watchbill guard pair`, and run the command again';
  throw fault('pair-changed', 'fault', { what, remedy });
}
