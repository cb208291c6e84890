import { type Context, withExamples } from '@watchbill/kit/command/context';
import type { Command } from 'commander';
import { rotate } from './rotate.ts';
import { addRotateFlags, type RotateFlags } from './rotate-flags.ts';

const HELP = [
  '',
  'Moves a validator without a shared key: the new node makes new keys, and the old one runs on until the new keys',
  'work. The command refuses if both URLs lead to one node or to two chains, if --from does not have the keys that',
  'the chain uses, if --node has them too, or if --node is not a validator.',
  'To go back before anything is submitted: watchbill fleet keys abort. Afterwards: abort, then rotate on the old node.',
  '',
].join('\n');

/** `fleet keys migrate`: a rotation whose new keys are in another node. */
export function addMigrate(parent: Command, { io }: Context): void {
  const command = parent
    .command('migrate')
    .description('move a validator to another node with new keys; the old node runs on until they work')
    .requiredOption('--from <url>', 'the node that signs now, over a forwarded port');
  addRotateFlags(command)
    .addHelpText('after', HELP)
    .action((options: RotateFlags & { readonly from: string }) => rotate(io, options, options.from));
  withExamples(command, [
    'watchbill fleet keys migrate --from ws://127.0.0.1:9944 --node ws://127.0.0.1:9955 --stash 15oF4u… --asset-hub wss://asset-hub.example --signer-command ./sign',
  ]);
}
