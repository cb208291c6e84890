import type { Command } from 'commander';
import { addKeyLock, type KeyLockFlags } from './lock.ts';
import { addSubmissionFlags, type SubmissionFlags } from './submission.ts';

/** The flags that rotations and moves have in common. */
export interface RotateFlags extends SubmissionFlags, KeyLockFlags {
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
  'Run the command again after an interruption: it makes the keys only once, and continues from its record. It asks',
  'the chain before it sends a signed extrinsic again, and sends the same bytes, which the chain accepts at most once.',
  '',
].join('\n');

/** Flags of `rotate` and `migrate`. */
export function addRotateFlags(command: Command): Command {
  command
    .requiredOption('--node <url>', 'the node that gets the keys, over loopback')
    .requiredOption('--stash <address>', 'account of the validator or collator')
    .option('--record <file>', 'file that records each step; it holds no secrets', 'rotation.json');
  return addKeyLock(addSubmissionFlags(command))
    .option(
      '--call <file>',
      'file for the call that registers the keys, as hex, if you sign it elsewhere',
      'set-keys.hex',
    )
    .option('--wait <minutes>', 'how long to follow the rotation; run again to continue', '1440')
    .option(
      '--message-blocks <count>',
      'relay-chain blocks after which a warning says that the keys are late',
      '300',
    )
    .option('--json', 'print one line of JSON for each event')
    .addHelpText('after', HELP);
}
