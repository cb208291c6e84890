import { resolve } from 'node:path';
import type { Command } from 'commander';
import { type Context, withExamples } from '../../../process/context.ts';
import type { Io } from '../../../process/io.ts';
import { sayer } from './text.ts';

interface AbortFlags {
  readonly record: string;
  readonly json?: boolean;
}

/** `fleet keys abort`: a person ends a rotation that is to go no further. */
export function addAbort(parent: Command, { io }: Context): void {
  const command = parent
    .command('abort')
    .description('end a rotation that shall go no further; refused while nobody can know what becomes of it')
    .option('--record <file>', 'record of the rotation', 'rotation.json')
    .option('--json', 'print JSON')
    .action((flags: AbortFlags) => abort(io, flags));
  withExamples(command, ['watchbill fleet keys abort --record rotation.json']);
}

async function abort(io: Io, { record, json }: AbortFlags): Promise<void> {
  const { abortKeys } = await import('@watchbill/fleet-run/operations');
  const { kind, rotation } = await abortKeys({ file: resolve(io.cwd, record), name: record });
  sayer(io, json)(
    { kind: 'aborted', registered: kind === 'registered' },
    kind === 'free'
      ? 'aborted      nothing was registered; the new keys in the node are used by nobody'
      : `aborted      the chain has the new keys, or may get them: let every node of the stash run, and register fresh keys of the node that shall sign: watchbill fleet keys rotate --node URL --stash ${rotation.stash} --record OTHER.json`,
  );
}
