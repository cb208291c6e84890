import { resolve } from 'node:path';
import type { ProgrammeStore } from '@watchbill/nominate/storage';
import type { Command } from 'commander';
import { type Context, withExamples } from '../../../context.ts';
import { EXIT } from '../../../exit.ts';
import { fault } from '../../../fault.ts';
import type { Io } from '../../../io.ts';
import { wholeNumber } from '../number.ts';
import { startFault } from '../run/command.ts';
import { addConfigOption, readRunDocument } from '../run/document.ts';
import { counted, lines, safeTable, show } from '../text.ts';

interface TxFlags {
  readonly config: string;
  readonly json?: boolean;
}

interface ListFlags extends TxFlags {
  readonly all?: boolean;
  readonly limit: number;
}

/** `nominate tx`: what is on its way, and what a person may do about it. */
export function addTx(parent: Command, { io }: Context): void {
  const command = parent
    .command('tx')
    .description('nominations on their way to the chain: look at them, let them go on, call them off');
  const list = command.command('list').description('the nominations that are open, the newest first');
  addConfigOption(list)
    .option('--all', 'those that have ended too')
    .option('--limit <n>', 'how many', wholeNumber('--limit'), 50)
    .option('--json', 'print JSON')
    .action((options: ListFlags) => listIntents(io, options));
  withExamples(list, ['watchbill nominate tx list', 'watchbill nominate tx list --all --limit 10']);
  const resume = command
    .command('resume')
    .argument('<id>', 'of the nomination, or how it begins')
    .description('give a nomination that waits for a person new tries');
  addConfigOption(resume)
    .option('--json', 'print JSON')
    .action((id: string, options: TxFlags) => commandOne(io, id, options, { kind: 'resume' }));
  withExamples(resume, ['watchbill nominate tx resume 4f2a90c1']);
  const cancel = command
    .command('cancel')
    .argument('<id>', 'of the nomination, or how it begins')
    .description('call a nomination off; what was announced is withdrawn, what was signed may still land')
    .option('--why <text>', 'reason, for the journal', 'called off by a person');
  addConfigOption(cancel)
    .option('--json', 'print JSON')
    .action((id: string, options: TxFlags & { readonly why: string }) =>
      commandOne(io, id, options, { kind: 'cancel', detail: options.why }),
    );
  withExamples(cancel, ['watchbill nominate tx cancel 4f2a90c1 --why "wrong list"']);
  withExamples(command, ['watchbill nominate tx list']);
}

async function listIntents(io: Io, options: ListFlags): Promise<void> {
  const rows = await withStore(io, options.config, ({ intents }) =>
    intents.list({ ...(options.all === true ? {} : { open: true }), limit: options.limit }),
  );
  show(io, options.json, { transactions: rows }, () =>
    rows.length === 0
      ? lines(['nothing is on its way'])
      : safeTable(
          ['id', 'nominator', 'era', 'state', 'reason', 'changed'],
          rows.map(({ id, nominator, era, state, reason, changedMs }) => [
            id.slice(0, 12),
            `${nominator.slice(0, 10)}…`,
            String(era),
            state,
            reason ?? '',
            new Date(changedMs).toISOString(),
          ]),
        ),
  );
}

type Told = { readonly kind: 'resume' } | { readonly kind: 'cancel'; readonly detail: string };

async function commandOne(io: Io, start: string, options: TxFlags, told: Told): Promise<void> {
  const { commandIntent, MACHINE_RULES } = await import('@watchbill/nominate/transactions');
  const id = await withStore(io, options.config, async ({ intents }) => {
    const found = (await intents.list({ limit: 10_000 })).filter((row) => row.id.startsWith(start));
    const [one] = found;
    if (one === undefined || found.length > 1 || start === '') throw notOne(start, found.length);
    const done = await commandIntent(intents, MACHINE_RULES, one.id, told);
    if (!done.ok) throw noEffect(one.id, done.code);
    return one.id;
  });
  show(io, options.json, { id, done: told.kind }, () =>
    lines([
      `${told.kind === 'resume' ? 'it goes on' : 'it is called off'} with the next turn of the programme: ${id}`,
    ]),
  );
}

function notOne(start: string, count: number) {
  return fault('no-such-transaction', EXIT.usage, {
    what:
      count === 0
        ? `no nomination begins with ${JSON.stringify(start)}`
        : `${counted(count, 'nomination')} begin so`,
    remedy: 'see `watchbill nominate tx list --all`',
  });
}

function noEffect(id: string, code: string) {
  return fault(code, EXIT.denied, {
    what: `that has no effect on ${id}: ${code}`,
    remedy: 'see its state with `watchbill nominate tx list --all`',
  });
}

async function withStore<Value>(
  io: Io,
  config: string,
  work: (store: ProgrammeStore) => Promise<Value>,
): Promise<Value> {
  const document = await readRunDocument(io, config);
  const { openDatabaseOf } = await import('@watchbill/nominate/service');
  const store = await openDatabaseOf(document.config, resolve(document.dir), () => io.clock.nowMs()).catch(
    (error: unknown) => {
      throw startFault(error);
    },
  );
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}
