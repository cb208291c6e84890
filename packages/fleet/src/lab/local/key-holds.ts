import { randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { until } from '@watchbill/kit';
import { readJsonOrNullSync, replaceFileSync } from '@watchbill/kit/files';
import { z } from 'zod';
import { holderShape, markShape, sameProcess, THIS_MACHINE, takeLock } from '../../run/lock/index.ts';
import { keysIn } from './keystore.ts';
import { LocalFault } from './local-fault.ts';
import { bothSign, type KeyUser } from './one-signer.ts';

const noteShape = z.strictObject({
  format: z.literal('watchbill/local-keys/1'),
  holder: holderShape,
  /** The folder of the network that has the keys. */
  folder: z.string(),
  nodes: z.array(
    z.strictObject({ name: z.string(), use: z.string(), keys: z.array(z.string()), keystore: z.string() }),
  ),
});
type KeyNote = Readonly<z.output<typeof noteShape>>;

/** A node that signs, and the source of the keys that it gets while it runs. */
export interface HeldNode extends KeyUser {
  readonly keystore: string;
}

const WAIT_MS = 10_000;
const EVERY_MS = 20;
const SUFFIX = '.json';

/**
 * The folder with the records of signing keys of this machine's networks: per user, and the same for every
 * network folder. Throws a LocalFault.
 */
export function keyNotesFolder({ XDG_STATE_HOME: state, HOME: home }: NodeJS.ProcessEnv): string {
  // The XDG Base Directory Specification ignores relative paths.
  if (state !== undefined && isAbsolute(state)) return join(state, 'watchbill', 'local-keys');
  if (home !== undefined && isAbsolute(home)) return join(home, '.local', 'state', 'watchbill', 'local-keys');
  throw new LocalFault(
    'folder',
    'neither XDG_STATE_HOME nor HOME names a folder, so the keys in use on this machine cannot be recorded',
    'set HOME to the folder of the user who runs networks here',
  );
}

/**
 * Holds the keys of nodes until this process ends or releases them, so that no other local network of this
 * user signs with one of them. Throws a LocalFault `in-use`. It records public keys.
 */
export async function holdKeys(
  notes: string,
  folder: string,
  nodes: readonly HeldNode[],
): Promise<() => void> {
  const unlock = await locked(notes);
  try {
    for (const [file, note] of notesIn(notes)) {
      if (isOver(note, folder)) rmSync(file, { force: true });
      else refuseIfShared(note, nodes);
    }
    const file = join(notes, `${randomUUID()}${SUFFIX}`);
    const note = {
      format: 'watchbill/local-keys/1',
      holder: THIS_MACHINE.self(),
      folder,
      nodes: nodes.map(({ name, use, keys, keystore }) => ({ name, use, keys: [...keys], keystore })),
    };
    replaceFileSync({ path: file, text: JSON.stringify(note), mode: 0o600 });
    return () => rmSync(file, { force: true });
  } finally {
    unlock();
  }
}

/** Under a lock, so that one process at a time checks and records. */
async function locked(notes: string): Promise<() => void> {
  let why = '';
  const look = () => {
    const lock = takeNotes(notes);
    if (lock.ok) return lock.release;
    why = lock.detail;
    return null;
  };
  const release = await until(look, { pauseMs: EVERY_MS, withinMs: WAIT_MS });
  if (release !== null) return release;
  throw new LocalFault(
    'folder',
    `the records of keys in use in ${notes} cannot be locked: ${why}`,
    'wait for that process, or end it; then run again',
  );
}

function takeNotes(notes: string): ReturnType<typeof takeLock> {
  try {
    mkdirSync(notes, { recursive: true, mode: 0o700 });
    return takeLock(join(notes, 'lock'));
  } catch (error) {
    throw new LocalFault(
      'folder',
      `${notes} cannot be written, so the keys in use on this machine cannot be recorded`,
      'check its permissions, or name another folder with XDG_STATE_HOME, the same for all networks',
      error,
    );
  }
}

function notesIn(notes: string): readonly (readonly [string, KeyNote])[] {
  const files = readdirSync(notes).filter((name) => name.endsWith(SUFFIX));
  return files.map((name) => {
    const file = join(notes, name);
    const read = noteShape.safeParse(readJsonOrNullSync(file));
    if (read.success) return [file, read.data];
    throw new LocalFault(
      'folder',
      `${file} cannot be read, so the keys in use on this machine are unknown`,
      'remove it if no other network of this user runs on this machine',
    );
  });
}

/**
 * Whether neither the process nor a node that it left behind has the keys any more. The nodes of this folder
 * are ended already.
 */
function isOver({ holder, folder }: KeyNote, mine: string): boolean {
  if (THIS_MACHINE.lives(holder)) return false;
  return folder === mine || !leftRunning(folder);
}

const runningShape = z.object({ running: z.record(z.string(), markShape) });

function leftRunning(folder: string): boolean {
  const state = runningShape.safeParse(readJsonOrNullSync(join(folder, 'state.json')));
  return state.success && Object.values(state.data.running).some(sameProcess);
}

function refuseIfShared({ holder, folder, nodes: others }: KeyNote, nodes: readonly HeldNode[]): void {
  for (const noted of others) {
    // Its keystore also has keys that were made after its start.
    const other = { ...noted, keys: [...noted.keys, ...keysIn(noted.keystore)] };
    const mine = nodes.find((node) => bothSign(node, other));
    if (mine === undefined) continue;
    throw new LocalFault(
      'in-use',
      `${mine.name} would sign with session keys of ${other.name}, of the network in ${folder}: process ${holder.pid} runs it, or a node that it left`,
      'stop that network first, or give this one other keys: two nodes must never sign with one key',
    );
  }
}
