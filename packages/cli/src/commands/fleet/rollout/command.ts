import type { Command } from 'commander';
import { type Context, withExamples, withStatuses } from '../../../process/context.ts';
import { NETWORK_FILE } from '../network-file.ts';
import { addTargetOptions } from '../ports.ts';
import type { RolloutFlags } from './flags.ts';

const HELP = [
  '',
  'Nodes that do not sign come first, in stages; then signers one at a time, the next only after the last one is in step, has its keys and',
  'signs. Gates look at finality, peers, errors of RPC and authorship, against the nodes that are not changed. Where one fails, everything',
  'that was begun is put back. Run the same command again after an interruption: it goes on where it was.',
  '',
].join('\n');

/** `fleet rollout`: a change that goes to few nodes first, and comes back by itself where they are not well. */
export function addFleetRollout(parent: Command, { io, exit }: Context): void {
  const command = parent
    .command('rollout')
    .description('change running nodes, a few of them first, and roll back if a check fails');
  addTargetOptions(command)
    .option('--file <file>', 'network file: what is rolled out, and its section `rollout`', NETWORK_FILE)
    .option('--state <folder>', 'folder for journals; left out: .watchbill-fleet beside the network file')
    .option('--local <folder>', 'a network that runs on this machine by `fleet up --local`, by its folder')
    .option('--binary <file>', 'with --local: the program that its nodes shall run')
    .option('--pool <pools...>', 'only these pools')
    .option('--at <when>', 'begin at block:N, spec:N or time:ISO, read from finalised blocks')
    .option('--deadline <hours>', 'longest wait for --at', '24')
    .option('--soak <seconds>', 'how long gates must hold after each stage, instead of rollout.soakSeconds')
    .option(
      '--gate-timeout <seconds>',
      'longest wait for the gates of a stage, instead of rollout.gateSeconds',
    )
    .option('--json', 'print one line of JSON for each thing that happens')
    .addHelpText('after', HELP)
    .action(async (options: RolloutFlags) => {
      const { rolloutLocal } = await import('./local.ts');
      const { rolloutPlaces } = await import('./places.ts');
      exit(await (options.local === undefined ? rolloutPlaces(io, options) : rolloutLocal(io, options)));
    });
  withExamples(withStatuses(command, { ok: 'all nodes are changed', fault: 'rolled back, or not begun' }), [
    'watchbill fleet rollout',
    'watchbill fleet rollout --at spec:2000001 --deadline 72',
    'watchbill fleet rollout --local trial/local --binary ./node-2 --pool rpc',
  ]);
}
