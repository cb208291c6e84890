import type { Command } from 'commander';
import { addSubmissionFlags, type SubmissionFlags } from './submission.ts';

/** What rotations and moves have in common on the command line. */
export interface RotateFlags extends SubmissionFlags {
  readonly node: string;
  readonly stash: string;
  readonly record: string;
  readonly call: string;
  readonly wait: string;
  readonly messageBlocks: string;
  readonly json?: boolean;
}

const HELP = [
  '',
  'Run again after an interruption: keys are made once, and the record says how far it is. What was signed is sent',
  'again only after the chain was asked, and then as the same bytes, which land once at the most.',
  '',
].join('\n');

/** Flags of `rotate` and `migrate`. */
export function addRotateFlags(command: Command): Command {
  command
    .requiredOption('--node <url>', 'the node that gets the keys, over loopback')
    .requiredOption('--stash <address>', 'account of the validator or collator')
    .option('--record <file>', 'what was done, all of it public', 'rotation.json');
  return addSubmissionFlags(command)
    .option(
      '--call <file>',
      'where nobody signs here: the call that registers the keys, as hex',
      'set-keys.hex',
    )
    .option('--wait <minutes>', 'how long to follow before it ends; run again to go on', '1440')
    .option(
      '--message-blocks <count>',
      'blocks of the relay after which keys that are on their way are late',
      '300',
    )
    .option('--json', 'print one line of JSON for each thing that happens')
    .addHelpText('after', HELP);
}
