import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { fault, table, usageFault } from '@watchbill/kit';
import type { Context } from '@watchbill/kit/command/context';
import { EXIT } from '@watchbill/kit/command/exit';
import type { Io } from '@watchbill/kit/command/io';
import { personOf } from '@watchbill/kit/command/person';
import { print } from '@watchbill/kit/command/print';
import { shortHex } from '@watchbill/kit/command/text';
import { latchFile, latchSentence } from '../../run/latch.ts';
import { type GuardStatus, type RuntimeFolder, runtimeFolder } from '../../run/runtime-folder.ts';
import type { Flags } from './flags.ts';

/** A guard writes its status at least this often. */
const FRESH_MS = 5_000;

/** Shows every key. Exit status 3 if a key is refused, 4 if the guard does not run. */
export async function showStatus(
  { io, exit }: Context,
  { runtime, json }: Flags<'runtime', 'json'>,
): Promise<void> {
  const remedy =
    'journalctl -u watchbill-guard -n 20 says why; the service manager removes the keys of a guard that does not run';
  const status = freshStatus(io, runtimeFolder(resolve(io.cwd, runtime)), remedy);
  print(io, json, status, () => statusText(status));
  if (status.keys.some(({ state }) => state === 'refused')) exit(EXIT.denied);
}

/** A status from the future is not fresh: the clock stepped back since a guard wrote it. */
export const isFresh = ({ clock }: Io, status: GuardStatus | null): status is GuardStatus =>
  status !== null && Math.abs(clock.nowMs() - status.atMs) <= FRESH_MS;

/** The status of the guard that runs now. Throws a fault if none writes one. */
export function freshStatus(io: Io, folder: RuntimeFolder, remedy = 'start the guard first'): GuardStatus {
  const status = folder.readStatus();
  if (isFresh(io, status)) return status;
  const what = `no running guard writes to ${folder.path}`;
  throw fault('guard-not-running', 'unknown', { what, remedy, where: 'flag --runtime' });
}

const STATE = { open: 'placed', waiting: 'waiting', refused: 'refused' } as const;

const ROTATION = {
  open: 'new keys are taken',
  failed: 'a new key could not be sealed, and was removed: see the log',
} as const;

function statusText({ node, rotation, keys }: GuardStatus): string {
  const isSpare = keys.some(({ validator }) => validator !== undefined);
  const rows = keys.map(({ kind, publicKey, state, say, validator = '' }) => [
    ...(isSpare ? [`${validator.slice(0, 8)}…${validator.slice(-6)}`] : []),
    ...[kind, shortHex(publicKey), STATE[state], say],
  ]);
  const heads = [...(isSpare ? ['VALIDATOR'] : []), 'KEY', 'PUBLIC KEY', 'STATE', 'REASON'];
  const taken = rotation.state === 'none' ? '' : `rotation  ${ROTATION[rotation.state]}\n`;
  return `node      ${node === null ? 'does not run' : `process ${node}`}\n${taken}${table(heads, rows)}`;
}

/** Lifts the latch of a guard that stays stopped; else leaves a person's word for the running guard. */
export async function allow(
  io: Io,
  reason: string,
  { runtime, state, validator }: Flags<'runtime' | 'state', 'validator'>,
): Promise<void> {
  if (reason.trim() === '')
    throw usageFault('the reason is empty', 'write how you know that no other node has the keys');
  const word = { by: personOf(io), reason: reason.trim() };
  const place = resolve(io.cwd, state, validator ?? '');
  const latch = latchFile(place);
  const held = latch.read();
  if (held !== null && held.lifted === null) {
    becomeOwnerOf(place);
    latch.write({ ...held, lifted: word });
    return io.out(`lifted: ${latchSentence(held)}\nStart the guard: systemctl restart watchbill-guard\n`);
  }
  const folder = runtimeFolder(resolve(io.cwd, runtime));
  const remedy = 'start the guard first; for a validator of a spare that stays stopped: --validator ADDRESS';
  const { keys } = freshStatus(io, folder, remedy);
  const spared = new Set(keys.flatMap((key) => key.validator ?? []));
  // A word about one validator must not let another one vote.
  if (validator === undefined ? spared.size > 0 : !spared.has(validator)) throw notNamed([...spared]);
  // The guard would drop the word, and a clone that it sees keeps the keys away.
  if (!keys.some((key) => key.validator === validator && key.state === 'waiting'))
    throw fault('nothing-waits', 'denied', {
      what: 'no key waits, so there is nothing to allow',
      remedy: 'see `watchbill guard status`: a refused key names its reason; remove that first',
    });
  becomeOwnerOf(folder.path);
  folder.allow({ ...word, validator });
  io.out('The guard takes this at its next decision: see `watchbill guard status`.\n');
}

function notNamed(spared: readonly string[]): Error {
  if (spared.length === 0)
    return usageFault('this machine is no spare', 'leave --validator out', 'flag --validator');
  const remedy = `name the validator that you mean: --validator ${spared.join(' or ')}`;
  return usageFault('this machine is a spare', remedy, 'flag --validator');
}

/** A guard that runs as another user cannot read a file of root, and would lose the person's word. */
function becomeOwnerOf(folder: string): void {
  if (process.getuid?.() !== 0) return;
  const { uid, gid } = statSync(folder);
  process.setegid?.(gid);
  process.seteuid?.(uid);
}
