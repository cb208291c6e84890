import { counted, type Fault, fault, usageFault } from '@watchbill/kit';
import { command, flag, type OptionsOf } from '@watchbill/kit/command/command';
import type { Io } from '@watchbill/kit/command/io';
import { lines, print } from '@watchbill/kit/command/print';
import { file, since, yes } from '@watchbill/kit/command/shapes';
import { askService, STOPPED } from '../../client/api.ts';
import { connection } from '../../client/target.ts';
import type { TrimPlace, TrimView } from '../../service/index.ts';
import { fromService, madeText, untilStopped } from './export.ts';
import { loadProof, progress } from './runtime.ts';

const flags = {
  before: flag(since(), 'remove what is older: a time, or how long ago, at least 31d'),
  out: flag(file(), 'the export to make first; an existing file is never overwritten'),
  ledgerOnly: flag(yes(), 'leave out the marks of the store, for a service whose store does not answer'),
  ...connection,
};

/** `ledger trim`: old entries leave the file of a running service for an export, decision 0099. */
export const trim = command({
  about: 'move old entries of a running service to a file, so that its disk does not fill',
  flags,
  examples: [
    'watchbill ledger trim --before 90d --out service-1-2026-11.ledger',
    'watchbill ledger trim --before 2026-09-01 --out old.ledger --url https://service-1:8450 --token-file operator.token',
  ],
  run: ({ io }, options) => run(io, options),
});

async function run(io: Io, options: OptionsOf<typeof flags>): Promise<void> {
  const { TRIM_DAYS } = await loadProof();
  const beforeMs = options.before(io.clock.nowMs());
  if (beforeMs > io.clock.nowMs() - TRIM_DAYS * 86_400_000)
    throw usageFault(`the last ${TRIM_DAYS} days stay in the ledger`, 'for example --before 90d', '--before');
  await untilStopped(io, options.out, async (out) => {
    const made = await fromService(io, options, out);
    const removed = await removeOld(io, options, { sha256: made.sha256, beforeMs }, out.signal);
    print(io, options.json, { ...made, beforeMs, removed }, () =>
      lines([
        madeText(made),
        `removed ${counted(removed.entries, 'entry', 'entries')} and ${counted(removed.decisions, 'answer')} from before ${new Date(beforeMs).toISOString()} from the ledger of the service`,
        'keep the file: a proof of the ledger needs it, with all exports that came later',
      ]),
    );
  });
}

/** Asks until no row is left to remove. Rows that left before a fault are in the file. */
async function removeOld(
  io: Io,
  options: OptionsOf<typeof flags>,
  bounds: { readonly sha256: string; readonly beforeMs: number },
  signal: AbortSignal,
) {
  const tick = progress(io, !options.json);
  const removed = { entries: 0, decisions: 0 };
  await askService(io, options, async (api) => {
    for (let from: TrimPlace | null = { list: 'entries', after: 0 }; from !== null; ) {
      if (signal.aborted) throw stoppedAfter(removed.entries, options.out);
      const step: TrimView = await api.send('POST', '/v1/ledger/trim', { ...bounds, from });
      removed.entries += step.entries;
      removed.decisions += step.decisions;
      tick(`removed ${removed.entries} entries and ${removed.decisions} answers`);
      from = step.next;
    }
  });
  return removed;
}

function stoppedAfter(entries: number, where: string): Fault {
  const what = `a signal stopped the trim after ${counted(entries, 'entry', 'entries')}; the file is whole`;
  return fault(STOPPED, 'fault', { what, where, remedy: 'keep the file, and trim again for the rest' });
}
