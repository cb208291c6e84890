import { usageFault } from '@watchbill/kit';
import { type Context, withExamples, withStatuses } from '@watchbill/kit/command/context';
import { secondsFlag } from '@watchbill/kit/command/numbers';
import type { Command } from 'commander';
import { addClientOptions, type ClientOptions } from '../../client/target.ts';

export interface HandoverOptions extends ClientOptions {
  readonly to: string;
  readonly chain?: string;
  readonly key?: string;
  readonly execute?: boolean;
  readonly yes?: boolean;
  readonly force?: string;
  /** How long to look for the first signed unit of the new active node. */
  readonly seconds: number;
}

/** `handover`: a drill by default; `--execute` makes another node the active one. */
export function fillHandover(command: Command, { io, exit }: Context): void {
  command
    .requiredOption('--to <node>', 'the node that becomes active')
    .option('--chain <hash>', 'only keys of this chain')
    .option(
      '--key <key>',
      'only this key, given in full or by its last digits; default: every key whose policy lists the node',
    )
    .option('--execute', 'hand over; without it, the command checks and changes nothing')
    .option('--yes', 'with --execute: do not ask for the last six digits of the key')
    .option(
      '--force <reason>',
      'with --execute: hand over although a check fails, and do not wait for the open units of the old node; kept in the log',
    )
    .option(
      '--seconds <seconds>',
      'with --execute: how long to look for the first signed unit of the new active node',
      secondsFlag('--seconds'),
      60,
    );
  addClientOptions(command).action(async (options: HandoverOptions) => {
    refuseMixture(options);
    // Loaded here and not above, so that the help starts fast.
    await (await import('./handover-run.ts')).runHandover(io, options, exit);
  });
  const meanings = {
    denied: 'a needed check fails, or the service refuses',
    unknown: 'a needed check is unknown; with --execute also: no signed unit was seen in time',
  };
  withExamples(withStatuses(command, meanings), [
    'watchbill handover --to bravo',
    'watchbill handover --to bravo --key 5ac67d --json',
    'watchbill handover --to bravo --execute',
    'watchbill handover --to bravo --execute --yes --force "alpha hangs, power is off"',
  ]);
}

function refuseMixture({ execute, yes, force }: HandoverOptions): void {
  if (execute !== true && (yes === true || force !== undefined))
    throw usageFault(
      `${force === undefined ? '--yes' : '--force'} belongs to --execute`,
      'leave it out, or add --execute',
    );
  if (force !== undefined && force.trim() === '')
    throw usageFault('--force needs a reason', 'say why, for example --force "alpha hangs, power is off"');
}
