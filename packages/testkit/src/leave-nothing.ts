import { spawn } from 'node:child_process';
import { mkdtempSync, realpathSync } from 'node:fs';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * The watcher. Its standard input ends when the watched process ends, also by SIGKILL. Then it kills every
 * process that has the folder in its environment, unmounts the file systems in the folder, and removes the
 * folder.
 */
const WATCHER = `
trap '' HUP INT TERM
read -r _
round=0
while [ $round -lt 100 ]; do
  pids=$(grep -lzs "^TMPDIR=$1" /proc/[0-9]*/environ | cut -d / -f 3)
  [ -z "$pids" ] && break
  kill -KILL $pids 2> /dev/null
  round=$((round + 1))
  sleep 0.1
done
cut -d ' ' -f 2 /proc/mounts 2> /dev/null | grep "^$1/" | while read -r mount; do umount -l "$mount"; done
rm -rf -- "$1"
`;

let root: string | null = null;

/**
 * A new folder. From now on temporary files of this process, and of every process that it starts, lie beside
 * it. When this process ends, however it ends, they are removed, and the processes are killed: children,
 * their children, and background jobs. Call it before anything is started. Linux finds the processes by
 * `TMPDIR` in their environment; on other systems only files are removed.
 */
export function leaveNothing(name: string): string {
  root ??= watchedFolder();
  return mkdtempSync(join(root, `${name}-`));
}

function watchedFolder(): string {
  // Short, because the path of a socket may have 107 characters.
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'wb-test-')));
  const { TMPDIR: _outer, ...env } = process.env;
  const watcher = spawn('/bin/sh', ['-c', WATCHER, 'watcher', folder], {
    cwd: '/',
    env,
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  watcher.unref();
  (watcher.stdin as Socket).unref();
  process.env.TMPDIR = folder;
  return folder;
}
