import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import type { KeyName } from '../custody/key-name.ts';
import type { OpenFolder } from '../custody/open-folder.ts';
import { GuardFault } from '../fault.ts';
import { type KeyPipe, startKeyPipe } from './key-pipe.ts';

/** A reader is served by one of Node's four worker threads, and other work needs the rest. */
export const MOST_PIPES = 2;

/** Of `babe` keys alone: a voter that gets no key ends its node. */
export const isPiped = ({ kind }: KeyName): boolean => kind === 'babe';

/** A folder of open keys in which each `babe` key is a FIFO. Other keys are files, as in `inner`. */
export function pipedFolder(path: string, inner: OpenFolder, monotonicMs: () => number): OpenFolder {
  const pipes = new Map<string, KeyPipe>();
  const stop = async (file: string): Promise<void> => {
    const pipe = pipes.get(file);
    pipes.delete(file);
    await pipe?.stop();
  };
  return {
    ...inner,
    inspect: async () => {
      for (const [file, pipe] of pipes) {
        pipe.look();
        await refuseReplaced(join(path, file), pipe);
      }
      return (await inner.inspect()).filter((file) => !pipes.has(file));
    },
    place: async (key, mayGive) => {
      if (!isPiped(key.name)) return await inner.place(key, mayGive);
      const { file } = key.name;
      if (pipes.size >= MOST_PIPES) throw tooMany();
      pipes.set(file, await startKeyPipe({ folder: path, file, content: key.content, mayGive, monotonicMs }));
    },
    withdraw: async (name) => {
      // The name goes first, so that no new reader comes.
      await inner.withdraw(name);
      await stop(name.file);
    },
    clear: async () => {
      await inner.clear();
      for (const file of [...pipes.keys()]) await stop(file);
    },
  };
}

async function refuseReplaced(path: string, pipe: KeyPipe): Promise<void> {
  const stat = await lstat(path, { bigint: true }).catch(() => null);
  if (stat?.isFIFO() === true && (Number(stat.mode) & 0o777) === 0o600 && pipe.owns(stat.ino)) return;
  const what = `${path} was removed or replaced, and not by this guard`;
  const remedy = 'find out who did that; only the guard changes keys here';
  throw new GuardFault('keystore', what, remedy, undefined, 'denied');
}

function tooMany(): GuardFault {
  const what = `--key-pipe serves at most ${MOST_PIPES} babe keys`;
  return new GuardFault(
    'keystore',
    what,
    'remove sealed keys that are not used any more',
    undefined,
    'usage',
  );
}
