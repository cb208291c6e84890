import { type Context, withExamples, withStatuses } from '@watchbill/kit/command/context';
import type { Command } from 'commander';
import { addTargetOptions } from '../command-ports.ts';
import { NETWORK_FILE } from '../network-file.ts';
import type { RolloutFlags } from './flags.ts';

const HELP = [
  '',
  'Nodes that do not sign come first, in stages. Then come the signers, one at a time: the next one starts after the last one',
  'is synced, has its keys and signs. Checks compare finality, peers, RPC errors and authorship with unchanged nodes. If a',
  'check fails, the command rolls all changes back. After an interruption, run the same command again: it continues.',
  '',
].join('\n');

/** `fleet nodes rollout`: changes a few nodes first, and rolls back by itself if a check fails. */
export function addFleetRollout(parent: Command, { io, exit }: Context): void {
  const command = parent
    .command('rollout')
    .description('change running nodes, a few of them first, and roll back if a check fails');
  addTargetOptions(command)
    .option('--file <file>', 'network file: the change to roll out, and the section `rollout`', NETWORK_FILE)
    .option('--state <folder>', 'folder for journals (default: .watchbill-fleet beside the network file)')
    .option('--local <folder>', 'folder of a network that `fleet local up --local` runs on this machine')
    .option('--binary <file>', 'with --local: the new program of its nodes')
    .option('--pool <pools...>', 'only these pools')
    .option('--at <when>', 'begin at block:N, spec:N or time:ISO, read from finalised blocks')
    .option('--deadline <hours>', 'longest wait for --at', '24')
    .option(
      '--soak <seconds>',
      'how long the checks must hold after each stage, instead of rollout.soakSeconds',
    )
    .option(
      '--gate-timeout <seconds>',
      'longest wait for the checks of a stage, instead of rollout.gateSeconds',
    )
    .option('--json', 'print one line of JSON for each event')
    .addHelpText('after', HELP)
    .action(async (options: RolloutFlags) => {
      const { rolloutLocal } = await import('./local.ts');
      const { rolloutPlaces } = await import('./places.ts');
      exit(await (options.local === undefined ? rolloutPlaces(io, options) : rolloutLocal(io, options)));
    });
  withExamples(withStatuses(command, { ok: 'all nodes are changed', fault: 'rolled back, or not started' }), [
    'watchbill fleet nodes rollout',
    'watchbill fleet nodes rollout --at spec:2000001 --deadline 72',
    'watchbill fleet nodes rollout --local trial/local --binary ./node-2 --pool rpc',
  ]);
}
