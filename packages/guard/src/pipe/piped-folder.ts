import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '@watchbill/base';
import type { KeyName } from '../custody/key-name.ts';
import type { OpenFolder } from '../custody/open-folder.ts';
import { GuardFault } from '../fault.ts';
import { type KeyPipe, RETIRED_MS, startKeyPipe } from './key-pipe.ts';

/** A reader is served by one of Node's four worker threads, and other work needs the rest. */
export const MOST_PIPES = 2;

/** Of `babe` keys alone: a voter that gets no key ends its node. */
export const isPiped = ({ kind }: KeyName): boolean => kind === 'babe';

/** A folder of placed keys in which each `babe` key is a FIFO. Other keys are files, as in `inner`. */
export function pipedFolder(path: string, inner: OpenFolder, clock: Clock): OpenFolder {
  const pipes = new Map<string, KeyPipe>();
  const leaving: Leaving[] = [];
  /** The key is shut first, then its name goes, then those who wait go on. */
  const takeAway = async (files: readonly string[], remove: () => Promise<void>): Promise<void> => {
    const gone = files.flatMap((file) => pipes.get(file) ?? []);
    for (const pipe of gone) pipe.shut();
    try {
      await remove();
    } finally {
      // Also if the folder is gone: a pipe that waits would hold up the end of this process.
      for (const file of files) pipes.delete(file);
      for (const pipe of gone) {
        await pipe.release();
        leaving.push({ pipe, sinceMs: clock.monotonicMs() });
      }
    }
  };
  return {
    ...inner,
    inspect: async () => {
      for (const pipe of pipes.values()) pipe.look();
      letLeave(leaving, clock.monotonicMs());
      for (const [file, pipe] of pipes) await refuseReplaced(join(path, file), pipe);
      return (await inner.inspect()).filter((file) => !pipes.has(file));
    },
    place: async (key, mayGive) => {
      if (!isPiped(key.name)) return await inner.place(key, mayGive);
      const { file } = key.name;
      if (pipes.size >= MOST_PIPES) throw tooMany();
      pipes.set(file, await startKeyPipe({ folder: path, file, content: key.content, mayGive, clock }));
    },
    withdraw: (name) => takeAway([name.file], () => inner.withdraw(name)),
    clear: () => takeAway([...pipes.keys()], () => inner.clear()),
  };
}

interface Leaving {
  readonly pipe: KeyPipe;
  readonly sinceMs: number;
}

function letLeave(leaving: Leaving[], nowMs: number): void {
  for (const { pipe } of leaving) pipe.wakeAll();
  while ((leaving[0]?.sinceMs ?? nowMs) + RETIRED_MS < nowMs) leaving.shift()?.pipe.end();
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
