import { counted, fault } from '@watchbill/kit';
import { type Context, withExamples } from '@watchbill/kit/command/context';
import type { Io } from '@watchbill/kit/command/io';
import { whole } from '@watchbill/kit/command/numbers';
import { lines, print } from '@watchbill/kit/command/print';
import type { Command } from 'commander';
import { addConfigOption } from '../run/document.ts';
import { type ListFlags, listIntents } from './list.ts';
import { addOffline } from './offline.ts';
import { type TxFlags, withStore } from './store.ts';

/** `nominate tx`: the open nominations, and the two actions of a person on them. */
export function addTx(parent: Command, { io }: Context): void {
  const command = parent
    .command('tx')
    .description('list the nominations on their way to the chain, resume, cancel or sign one');
  const list = command.command('list').description('list the open nominations, newest first');
  addConfigOption(list)
    .option('--all', 'also the ended ones')
    .option('--journal', 'also every step of each: block, event, extrinsic')
    .option('--limit <n>', 'how many', whole('--limit', 'transactions', 1, 9_999_999), 50)
    .option('--json', 'print JSON')
    .action((options: ListFlags) => listIntents(io, options));
  withExamples(list, ['watchbill nominate tx list', 'watchbill nominate tx list --all --journal --limit 10']);
  const resume = command
    .command('resume')
    .argument('<id>', 'id of the nomination, or its first characters')
    .description('resume a nomination that waits for a person, with new tries');
  addConfigOption(resume)
    .option('--json', 'print JSON')
    .action((id: string, options: TxFlags) => commandOne(io, id, options, { kind: 'resume' }));
  withExamples(resume, ['watchbill nominate tx resume 4f2a90c1']);
  const cancel = command
    .command('cancel')
    .argument('<id>', 'id of the nomination, or its first characters')
    .description('cancel a nomination: withdraws its announcement; a signed extrinsic may still be included')
    .option('--why <text>', 'reason, for the journal', 'cancelled by a person');
  addConfigOption(cancel)
    .option('--json', 'print JSON')
    .action((id: string, options: TxFlags & { readonly why: string }) =>
      commandOne(io, id, options, { kind: 'cancel', detail: options.why }),
    );
  withExamples(cancel, ['watchbill nominate tx cancel 4f2a90c1 --why "wrong list"']);
  addOffline(command, io);
  withExamples(command, ['watchbill nominate tx list']);
}

type Told = { readonly kind: 'resume' } | { readonly kind: 'cancel'; readonly detail: string };

async function commandOne(io: Io, start: string, options: TxFlags, told: Told): Promise<void> {
  const { commandIntent, MACHINE_RULES } = await import('../../transactions/index.ts');
  const id = await withStore(io, options.config, async ({ intents }) => {
    const found = (await intents.list({ limit: 10_000 })).filter((row) => row.id.startsWith(start));
    const [one] = found;
    if (one === undefined || found.length > 1 || start === '') throw notOne(start, found.length);
    const done = await commandIntent(intents, MACHINE_RULES, one.id, told);
    if (!done.ok) throw noEffect(one.id, done.code);
    return one.id;
  });
  print(io, options.json, { id, done: told.kind }, () =>
    lines([
      `${told.kind === 'resume' ? 'it is resumed' : 'it is cancelled'} at the next step of the programme: ${id}`,
    ]),
  );
}

function notOne(start: string, count: number) {
  return fault('no-such-transaction', 'usage', {
    what:
      count === 0
        ? `no nomination begins with ${JSON.stringify(start)}`
        : `${counted(count, 'nomination')} begin so`,
    remedy: 'see `watchbill nominate tx list --all`',
  });
}

function noEffect(id: string, code: string) {
  return fault(code, 'denied', {
    what: `this action has no effect on ${id}: ${code}`,
    remedy: 'see its state with `watchbill nominate tx list --all`',
  });
}
