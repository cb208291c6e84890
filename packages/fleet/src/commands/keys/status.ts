import { resolve } from 'node:path';
import { counted, usageFault } from '@watchbill/kit';
import { type Context, withExamples } from '@watchbill/kit/command/context';
import { print } from '@watchbill/kit/command/print';
import type { Command } from 'commander';
import type { Rotation } from '../../run/keys/index.ts';

interface StatusFlags {
  readonly record: string;
  readonly json?: boolean;
}

export function addStatus(parent: Command, { io }: Context): void {
  const command = parent
    .command('status')
    .description('show the progress of a rotation, from its record alone')
    .option('--record <file>', 'record of the rotation', 'rotation.json')
    .option('--json', 'print JSON')
    .action(async ({ record, json }: StatusFlags) => {
      const { readRotation, RotationFault } = await import('../../run/keys/index.ts');
      try {
        const rotation = readRotation(resolve(io.cwd, record));
        if (rotation === null)
          throw usageFault(`there is no record ${record}`, 'name one with --record', record);
        print(io, json, rotation, () => statusText(rotation));
      } catch (error) {
        if (!(error instanceof RotationFault)) throw error;
        throw usageFault(error.message, error.remedy, record);
      }
    });
  withExamples(command, ['watchbill fleet keys status']);
}

function statusText({
  stage,
  isLate,
  stash,
  node,
  from,
  keys,
  submission,
  queuedIn,
  provenBy,
}: Rotation): string {
  const sent =
    submission === null
      ? '-'
      : `${submission.hash ?? 'not signed yet'} (nonce ${submission.nonce}, handed to a node ${counted(submission.handed, 'time')})`;
  return [
    `stage     ${stage}${isLate ? ', late' : ''}`,
    `stash     ${stash}`,
    `node      ${node}${from === null ? '' : `, instead of ${from}`}`,
    `keys      ${keys}`,
    `submitted ${sent}`,
    `queued in session ${queuedIn ?? '-'}`,
    `proven by ${provenBy ?? '-'}`,
    '',
  ].join('\n');
}
