import { usageFault } from '@watchbill/kit';
import { type Context, withExamples } from '@watchbill/kit/command/context';
import type { Io } from '@watchbill/kit/command/io';
import { lines, print } from '@watchbill/kit/command/print';
import { shortHex } from '@watchbill/kit/command/text';
import type { Command } from 'commander';
import { withApi } from '../../client/api.ts';
import { addClientOptions, type ClientOptions, resolveTarget } from '../../client/target.ts';
import type { Policy } from '../../client/views.ts';
import { freezeText } from '../freeze-text.ts';

interface Selection extends ClientOptions {
  readonly all?: boolean;
  readonly chain?: string;
  readonly key?: string;
}

interface LiftOptions extends Selection {
  readonly reason: string;
}

/** `freeze`: stops every new grant of keys, at every service, until `freeze lift`. */
export function fillFreeze(command: Command, context: Context): void {
  const { io } = context;
  command.argument('<reason>', 'why; kept in the ledger');
  addSelection(command).action((reason: string, options: Selection) => freeze(io, reason, options));
  withExamples(command, [
    'watchbill freeze --key 0xd435… "a second machine may have the keys"',
    'watchbill freeze --all "intrusion in the data centre"',
    'watchbill freeze lift --key 0xd435… --reason "the copy of the disk is destroyed; checked by Ada"',
  ]);
  addLift(command, context);
}

function addLift(parent: Command, { io }: Context): void {
  const command = parent
    .command('lift')
    .description('lift a freeze; do it only when you know that no other machine signs with the key')
    .requiredOption('--reason <text>', 'how you know that no other machine signs; kept in the ledger');
  // The same options are options of `freeze`, which would take them otherwise.
  addSelection(command).action((_own: LiftOptions, lift: Command) => liftFreeze(io, lift.optsWithGlobals()));
  withExamples(command, [
    'watchbill freeze lift --key 0xd435… --reason "the copy of the disk is destroyed; checked by Ada"',
    'watchbill freeze lift --all --reason "exercise is over"',
  ]);
}

function addSelection(command: Command): Command {
  command
    .option('--key <key>', 'public session key')
    .option('--all', 'every key of the ledger')
    .option('--chain <hash>', 'only on the chain with this genesis hash; default: on every chain');
  return addClientOptions(command);
}

async function freeze(io: Io, reason: string, options: Selection): Promise<void> {
  const policies = await send(io, '/v1/freezes', { ...options, reason });
  print(io, options.json, { policies }, () =>
    lines([
      ...policies.map((policy) => `${nameOf(policy)} is frozen ${freezeText(policy)}`),
      'no service grants a new slot or vote; `watchbill freeze lift` ends this',
    ]),
  );
}

async function liftFreeze(io: Io, options: LiftOptions): Promise<void> {
  const policies = await send(io, '/v1/freezes/lift', options);
  print(io, options.json, { policies }, () =>
    lines(policies.map((policy) => `${nameOf(policy)} is no longer frozen; mode ${policy.mode}`)),
  );
}

async function send(io: Io, path: string, options: LiftOptions): Promise<readonly Policy[]> {
  const { all, chain, key, reason } = options;
  if ((all === true) === (key !== undefined))
    throw usageFault('give either --key or --all', 'name one key with --key, or every key with --all');
  const body = { key: key ?? 'all', chain, reason };
  const target = resolveTarget(io, options);
  return (await withApi(target, (api) => api.send<{ policies: Policy[] }>('POST', path, body))).policies;
}

function nameOf({ key, chain }: Policy): string {
  return `key ${shortHex(key)} on chain ${shortHex(chain)}`;
}
