import { type SshHost, type SshRun, shellWord, ssh } from '@watchbill/kit/ssh';
import { anyKeyNameOf } from '../custody/key-name.ts';
import { IN_MEMORY } from '../custody/open-folder.ts';
import type { KeystoreFacts } from './keystore.ts';
import { type Look, notAsked, seen, unread } from './look.ts';

const CONNECT_MS = 8_000;
/** For a whole reading, connection included; a line has about 100 bytes. */
const LIMITS = { deadlineMs: 15_000, mostBytes: 256 * 1024 };

const UNREAD_SECRET = notAsked('the doctor reads no secret over the network: run it on that machine too');

export interface SshOptions {
  /** Holds the PATH, and the way to an agent. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** A configuration of ssh in place of the user's own; null for that. */
  readonly sshConfig: string | null;
}

/** Limits and options of one command that differ from those of the doctor. */
export interface Way extends SshOptions, Partial<Pick<SshRun, 'deadlineMs' | 'options'>> {
  /** The shell, with words before it: `sudo -n sh -s`. */
  readonly words?: readonly string[];
}

export type Login = Pick<SshHost, 'host' | 'port' | 'user'>;

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
    `find -H ${folder} -mindepth 1 -maxdepth 1 -printf '%U %m %f\\n'`,
  ].join('\n');
}

/** Runs a script of the shell on another machine. Its text is the answer. */
export async function runOn(
  login: string | Login,
  script: string,
  { sshConfig, words = ['sh', '-s'], ...way }: Way,
): Promise<Look<string>> {
  const own = typeof login === 'string' ? { host: login } : login;
  const { host } = own;
  const at = { ...own, configFile: sshConfig, connectMs: CONNECT_MS };
  const { code, out, err, failure } = await ssh(at, words, { input: script, ...LIMITS, ...way });
  if (failure?.code === 'too-long') return unread(`${failure.text}: name the keystore folder of one node`);
  if (failure !== null) return unread(failure.text);
  if (code === 0) return seen(out);
  // Banners come first, and the reason last.
  const last = err.trim().split('\n').at(-1)?.trim() ?? '';
  return unread(`ssh ${host}: ${last === '' ? `exit status ${code}` : last}`);
}

const FOLDER = /^(?<uid>\d+) (?<mode>[0-7]{1,5}) (?<identity>\d+:\d+)$/;
const FILE = /^(?<uid>\d+) (?<mode>[0-7]{1,5}) (?<file>.+)$/;

function keystoreOf(host: string, path: string, text: string): Look<KeystoreFacts> {
  const [boot = '', folder = '', type = '', ...files] = text.split('\n');
  const { uid, mode, identity } = FOLDER.exec(folder)?.groups ?? {};
  if (uid === undefined || mode === undefined || !/^[0-9a-f]+$/.test(type))
    return unread(`${host} lists ${path} in a form that cannot be read: does its login print a text?`);
  const found = files.map((line) => FILE.exec(line)?.groups ?? {});
  const keys = found.flatMap((each) => {
    const name = anyKeyNameOf(each.file ?? '');
    if (name === null) return [];
    const owner = { uid: Number(each.uid), mode: Number.parseInt(each.mode ?? '', 8) & 0o777 };
    return [{ ...name, ...owner, secret: UNREAD_SECRET }];
  });
  return seen({
    ...{ host, path, identity: `${boot}:${identity}`, uid: Number(uid), keys, meant: [], gated: false },
    foreign: found.flatMap(({ file }) => (file === undefined || anyKeyNameOf(file) !== null ? [] : [file])),
    inMemory: IN_MEMORY.includes(Number.parseInt(type, 16)),
    mode: Number.parseInt(mode, 8) & 0o777,
  });
}
