import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sshOptions } from '@watchbill/kit/ssh';
import { hostOf, type SshSettings } from './ssh-options.ts';

/**
 * A connection that stays open and is shared: a handshake for each script takes longer than the script.
 */
export interface SharedConnection {
  /** The path of its socket, once it exists or has failed. */
  readonly socket: () => Promise<string>;
  readonly close: () => void;
}

const LONGEST_WAIT_MS = 15_000;
const LOOK_EVERY_MS = 25;

export function sharedConnection(settings: SshSettings): SharedConnection {
  let folder: string | null = null;
  let master: ChildProcess | null = null;
  let ready: Promise<string> | null = null;

  async function open(): Promise<string> {
    folder = mkdtempSync(join(tmpdir(), 'watchbill-ssh-'));
    const socket = join(folder, 's');
    // It reads from a pipe without a writer, so that it ends with this process.
    const args = [
      ...sshOptions(hostOf(settings)),
      '-M',
      '-S',
      socket,
      '--',
      settings.host,
      'cat > /dev/null',
    ];
    const child = spawn('ssh', args, { stdio: ['pipe', 'ignore', 'ignore'] });
    child.stdin.on('error', () => undefined);
    master = child;
    let ended = false;
    for (const event of ['exit', 'error'])
      child.once(event, () => {
        ended = true;
      });
    const deadlineMs = settings.clock.monotonicMs() + LONGEST_WAIT_MS;
    while (!existsSync(socket) && !ended && settings.clock.monotonicMs() < deadlineMs)
      await settings.clock.sleep(LOOK_EVERY_MS);
    return socket;
  }

  return {
    socket: () => {
      ready ??= open();
      return ready;
    },
    close: () => {
      master?.kill('SIGTERM');
      if (folder !== null) rmSync(folder, { recursive: true, force: true });
      master = null;
      folder = null;
      ready = null;
    },
  };
}
