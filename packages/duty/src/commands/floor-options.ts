import { repeated } from '@watchbill/kit/command/repeated';
import type { Command } from 'commander';

/** Flags of a command that plans floors: the present of the chain, and floors that no node reports. */
export function addFloorOptions(command: Command): Command {
  return command
    .option(
      '--node <url>',
      'a node of the chain, for the present rounds (repeat; two are needed)',
      repeated,
      [],
    )
    .option(
      '--floor <chain/key/duty=unit>',
      'floor of one duty, if two nodes do not report it; `never` for a duty that never signed (repeat)',
      repeated,
      [],
    );
}
