import { spawn } from 'node:child_process';
import { shellWord } from './shell-word.ts';

/** A machine, and the login there. Keys, agents and jump hosts are those of the user. */
export interface SshHost {
  readonly host: string;
  readonly port?: number;
  readonly user?: string;
  /** Null: that of the user (`~/.ssh/config`). */
  readonly configFile: string | null;
  readonly connectMs: number;
}

/** Limits of one command. Its input is for a script or a secret: lists of processes show arguments. */
export interface SshRun {
  readonly input: string;
  readonly deadlineMs: number;
  /** Of output and errors together, in bytes. */
  readonly mostBytes: number;
  readonly signal?: AbortSignal;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Further options of ssh, for example a shared connection. */
  readonly options?: readonly string[];
}

/** The end of a command. With a failure its output may be incomplete. */
export interface SshEnd {
  /** That of the command; 255 if ssh could not connect. */
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
  readonly failure: {
    readonly code: 'not-started' | 'late' | 'stopped' | 'too-long';
    readonly text: string;
  } | null;
}

/** Options that ask no question, accept known hosts only, and lend no keys. */
export function sshOptions({ port, user, configFile, connectMs }: SshHost): readonly string[] {
  const seconds = Math.max(1, Math.min(15, Math.floor(connectMs / 1_000)));
  const options = [
    'BatchMode=yes',
    'StrictHostKeyChecking=yes',
    'ForwardAgent=no',
    `ConnectTimeout=${seconds}`,
  ];
  return [
    ...(configFile === null ? [] : ['-F', configFile]),
    ...[...options, 'ServerAliveInterval=5', 'ServerAliveCountMax=3'].flatMap((option) => ['-o', option]),
    ...(port === undefined ? [] : ['-p', String(port)]),
    ...(user === undefined ? [] : ['-l', user]),
  ];
}

/** Runs a command on a machine by the `ssh` of the system. Each word reaches it as it is. Never rejects. */
export function ssh(at: SshHost, words: readonly string[], run: SshRun): Promise<SshEnd> {
  const late = AbortSignal.timeout(run.deadlineMs);
  const { promise, resolve } = Promise.withResolvers<SshEnd>();
  const args = [...sshOptions(at), ...(run.options ?? []), '--', at.host, words.map(shellWord).join(' ')];
  const child = spawn('ssh', args, {
    stdio: ['pipe', 'pipe', 'pipe'],
    signal: AbortSignal.any([late, ...(run.signal === undefined ? [] : [run.signal])]),
    killSignal: 'SIGKILL',
    ...(run.env === undefined ? {} : { env: run.env }),
  });
  const parts = { out: [] as Buffer[], err: [] as Buffer[] };
  let failure: SshEnd['failure'] = null;
  let bytes = 0;
  // A helper of ssh, such as a proxy, may outlive it and hold its output open.
  const leave = () => void [child.stdout, child.stderr].map((stream) => stream.destroy());
  const take = (name: 'out' | 'err') => (part: Buffer) => {
    bytes += part.length;
    if (bytes <= run.mostBytes) return void parts[name].push(part);
    failure ??= { code: 'too-long', text: `${at.host} sent more than ${run.mostBytes / 1_024} KiB` };
    child.kill('SIGKILL');
    leave();
  };
  child.stdout.on('data', take('out'));
  child.stderr.on('data', take('err'));
  // A connection that fails at once has closed its input.
  child.stdin.on('error', () => undefined);
  child.once('error', (error: NodeJS.ErrnoException) => {
    leave();
    const { reason } = run.signal ?? {};
    if (late.aborted || (run.signal?.aborted === true && (reason as Error | null)?.name === 'TimeoutError'))
      failure ??= { code: 'late', text: `${at.host} did not answer within ${run.deadlineMs / 1_000} s` };
    else if (run.signal?.aborted === true) failure ??= { code: 'stopped', text: 'it was interrupted' };
    else if (error.code === 'ENOENT') failure ??= { code: 'not-started', text: 'ssh is not on this machine' };
    else failure ??= { code: 'not-started', text: `ssh cannot be started: ${error.message}` };
  });
  const text = (name: 'out' | 'err') => Buffer.concat(parts[name]).toString('utf8');
  child.once('close', (code) => resolve({ code, out: text('out'), err: text('err'), failure }));
  child.stdin.end(run.input);
  return promise;
}
