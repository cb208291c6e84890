import { Fault } from '@watchbill/kit';
import { readDocument } from '@watchbill/kit/command/document';
import type { Io } from '@watchbill/kit/command/io';
import type { Runtime } from '../index.ts';

/** A group as the runtime reads it. */
export type GroupFile = Extract<ReturnType<Runtime['readGroupDocument']>, { readonly ok: true }>['file'];

/** Reads a group file. Throws a usage fault that lists everything that is wrong, with lines. */
export function readGroupFile(io: Io, runtime: Runtime, path: string): GroupFile {
  const missing =
    'get the group file from another member, or make one with `watchbill coordinate group create`';
  const document = readDocument(io, path, runtime.groupFileSchema, {
    missing,
    page: 'coordinate',
  });
  const plugins = runtime.operatorPlugins();
  const read = runtime.readGroupDocument(document.value, (action, parameters) => {
    const plugin = plugins.get(action);
    if (plugin === undefined) return `is not an action of this release (${[...plugins.keys()].join(', ')})`;
    return plugin.parametersProblem(parameters);
  });
  if (read.ok) return read.file;
  throw new Fault(
    'group',
    'usage',
    read.problems.map(({ what, path: at, remedy }) => ({ what, where: document.whereIs(at), remedy })),
  );
}

/** `0x…` of bytes. */
export function hex(bytes: Uint8Array): string {
  return `0x${Buffer.from(bytes).toString('hex')}`;
}
