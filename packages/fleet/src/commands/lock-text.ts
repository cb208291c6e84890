import type { Io } from '@watchbill/kit/command/io';
import { whole } from '@watchbill/kit/command/numbers';
import { lines } from '@watchbill/kit/command/print';
import type { Command } from 'commander';
import type { LockEvent } from '../run/operations/index.ts';

/** `flag`: `--wait`, or `--lock-wait` if the command waits for something else too. */
export function addLockWait(command: Command, flag: '--wait' | '--lock-wait'): Command {
  return command.option(
    `${flag} <seconds>`,
    'longest wait for another process that works on this network',
    whole(flag, 'seconds', 0, 604_800),
    0,
  );
}

/** How a command waits for the lock of the network, and reports it. */
export function lockWishes(io: Io, waitSeconds: number) {
  return {
    waitMs: waitSeconds * 1_000,
    onLock: (event: LockEvent) => io.err(lines([lockText(event)])),
  };
}

function lockText(event: LockEvent): string {
  if (event.kind === 'lock-waiting') return `waiting for ${event.holder} (lock at ${event.place})`;
  if (event.kind === 'lock-taken-over')
    return `WARNING: the lock at ${event.place} was taken over from ${event.holder}, which did not renew it.`;
  return `WARNING: ${event.place} was not brought up to date: ${event.detail}. Run the command again, or other operators may have to wait.`;
}
