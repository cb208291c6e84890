import { resolve } from 'node:path';
import { type Context, withExamples } from '@watchbill/kit/command/context';
import type { Io } from '@watchbill/kit/command/io';
import type { Command } from 'commander';
import { sayer } from './text.ts';

interface AbortFlags {
  readonly record: string;
  readonly json?: boolean;
}

/** `fleet keys abort`: a person ends a rotation before it is complete. */
export function addAbort(parent: Command, { io }: Context): void {
  const command = parent
    .command('abort')
    .description(
      'end a rotation before it is complete; refused while the fate of its sent extrinsic is unknown',
    )
    .option('--record <file>', 'record of the rotation', 'rotation.json')
    .option('--json', 'print JSON')
    .action((flags: AbortFlags) => abort(io, flags));
  withExamples(command, ['watchbill fleet keys abort --record rotation.json']);
}

async function abort(io: Io, { record, json }: AbortFlags): Promise<void> {
  const { abortKeys } = await import('../../run/operations/index.ts');
  const { kind, rotation } = await abortKeys({ file: resolve(io.cwd, record), name: record });
  sayer(io, json)(
    { kind: 'aborted', registered: kind === 'registered' },
    kind === 'free'
      ? 'aborted      this record has no submission of the new keys. If their call was given to a wallet or a multisig, see that it is never submitted: the chain would use them'
      : `aborted      the chain has the new keys, or may get them: keep every node of the stash running, and register fresh keys of the node that shall sign: watchbill fleet keys rotate --node URL --stash ${rotation.stash} --record OTHER.json`,
  );
}
