import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { keyNameOf } from '../custody/key-name.ts';
import { IN_MEMORY } from '../custody/open-folder.ts';
import { type KeystoreFacts, type Look, notAsked, seen, unread } from '../doctor/facts.ts';
import { shellWord } from '../doctor/finding.ts';

/** A whole reading, connection included. */
const TIMEOUT_MS = 15_000;
const CONNECT_SECONDS = 8;
/** A line has about 100 bytes. */
const MOST_BYTES = 256 * 1024;

/** It asks for no password, and trusts no host that this user does not know yet. */
const OPTIONS = ['-o', 'BatchMode=yes', '-o', `ConnectTimeout=${CONNECT_SECONDS}`, '-o', 'ForwardAgent=no'];

const UNREAD_SECRET = notAsked('the doctor reads no secret over the network: run it on that machine too');

/** How ssh is started. */
export interface SshOptions {
  /** Holds the PATH, and the way to an agent. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** A configuration of ssh in place of the user's own; null for that. */
  readonly sshConfig: string | null;
}

/**
 * Lists the key files of a folder on another machine, by ssh. It reads names, owners and modes; no file is
 * opened there.
 */
export async function inspectRemoteKeystore(
  host: string,
  path: string,
  options: SshOptions,
): Promise<Look<KeystoreFacts>> {
  const answer = await runOn(host, listing(path), options);
  return answer.looked ? keystoreOf(host, path, answer.value) : answer;
}

/**
 * Prints the boot id, then owner, mode and identity of the folder, the type of its file system, and one line
 * for each file. `-H` and `-L` follow a link to the folder.
 */
function listing(path: string): string {
  const folder = shellWord(path);
  return [
    'set -e; export LC_ALL=C',
    'cat /proc/sys/kernel/random/boot_id',
    `stat -L -c '%u %a %d:%i' -- ${folder}`,
    `stat -L -f -c '%t' -- ${folder}`,
    `find -H ${folder} -mindepth 1 -maxdepth 1 ! -type d -printf '%U %m %f\\n'`,
  ].join('\n');
}

/** Runs a script of the shell on another machine. Its text is the answer. */
export async function runOn(
  host: string,
  script: string,
  { env, sshConfig }: SshOptions,
): Promise<Look<string>> {
  const limits = { env, timeout: TIMEOUT_MS, killSignal: 'SIGKILL', maxBuffer: MOST_BYTES } as const;
  const config = sshConfig === null ? [] : ['-F', sshConfig];
  const running = promisify(execFile)('ssh', [...config, ...OPTIONS, '--', host, 'sh -s'], limits);
  // A connection that fails at once has closed its input.
  running.child.stdin?.on('error', () => undefined).end(script);
  try {
    return seen((await running).stdout);
  } catch (error) {
    return unread(reasonOf(host, error as Failure));
  }
}

interface Failure {
  readonly code?: unknown;
  readonly killed?: boolean;
  readonly stderr?: unknown;
}

function reasonOf(host: string, { code, killed, stderr }: Failure): string {
  if (code === 'ENOENT') return 'ssh is not on this machine';
  if (code === 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER')
    return `${host} sent more than ${MOST_BYTES / 1024} KiB: name the keystore folder of one node`;
  if (killed === true) return `${host} did not answer within ${TIMEOUT_MS / 1_000} s`;
  const said = typeof stderr === 'string' ? stderr.trim().split('\n') : [];
  // Banners come first, and the reason last.
  const last = said.at(-1)?.trim() ?? '';
  return `ssh ${host}: ${last === '' ? `exit status ${String(code)}` : last}`;
}

const FOLDER = /^(?<uid>\d+) (?<mode>[0-7]{1,5}) (?<identity>\d+:\d+)$/;
const FILE = /^(?<uid>\d+) (?<mode>[0-7]{1,5}) (?<file>.+)$/;

function keystoreOf(host: string, path: string, text: string): Look<KeystoreFacts> {
  const [boot = '', folder = '', type = '', ...files] = text.split('\n');
  const { uid, mode, identity } = FOLDER.exec(folder)?.groups ?? {};
  if (uid === undefined || mode === undefined || !/^[0-9a-f]+$/.test(type))
    return unread(`${host} lists ${path} in a form that cannot be read: does its login print a text?`);
  const keys = files.flatMap((line) => {
    const found = FILE.exec(line)?.groups;
    const name = keyNameOf(found?.file ?? '');
    if (found === undefined || name === null) return [];
    const owner = { uid: Number(found.uid), mode: Number.parseInt(found.mode ?? '', 8) & 0o777 };
    return [{ ...name, ...owner, secret: UNREAD_SECRET }];
  });
  return seen({
    ...{ host, path, identity: `${boot}:${identity}`, uid: Number(uid), keys },
    inMemory: IN_MEMORY.includes(Number.parseInt(type, 16)),
    mode: Number.parseInt(mode, 8) & 0o777,
  });
}
