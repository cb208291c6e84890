import { spawn } from 'node:child_process';
import { wrapped } from '../machines/script.ts';
import type { Ran, RunScript } from '../machines/ssh.ts';
import { BackupFault, type BackupFaultCode } from './backup-fault.ts';

/** More than the list of files of any database. */
const MOST_BYTES = 64 * 2 ** 20;

/**
 * Scripts on this machine, as on others by ssh: the text goes over standard input. A script that is cut short
 * takes its programs along.
 */
export function localShell(env: Readonly<Record<string, string | undefined>>): RunScript {
  return (script, signal) =>
    new Promise((resolve) => {
      if (signal.aborted)
        return resolve({ kind: 'unreachable', detail: 'the command was stopped before the script began' });
      const child = spawn('sh', ['-s'], { stdio: ['pipe', 'pipe', 'pipe'], env: { ...env }, detached: true });
      const texts = { out: '', err: '' };
      const end = (): void => {
        // The whole group: children of the script must stop writing too.
        if (child.pid !== undefined) killGroup(child.pid);
      };
      signal.addEventListener('abort', end, { once: true });
      const take = (name: 'out' | 'err') => (part: Buffer) => {
        texts[name] += part.toString('utf8');
        if (texts[name].length > MOST_BYTES) end();
      };
      child.stdout.on('data', take('out'));
      child.stderr.on('data', take('err'));
      child.stdin.on('error', () => undefined);
      let failure: string | null = null;
      child.once('error', (error) => {
        failure = error.message;
      });
      child.once('close', (code) => {
        signal.removeEventListener('abort', end);
        if (code !== null) resolve({ kind: 'ended', code, ...texts });
        else
          resolve({
            kind: 'unknown',
            detail: failure ?? (signal.aborted ? 'it was stopped' : 'it was killed'),
          });
      });
      child.stdin.end(`set -eu\n${script}\n`);
    });
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // The process has ended at this moment.
  }
}

export interface Asked {
  /** Its purpose, in a phrase: `the copy to …`. */
  readonly what: string;
  readonly code: BackupFaultCode;
  readonly remedy: string;
}

/** The output of a script. Throws a BackupFault if it failed. */
export async function outputOf(
  run: RunScript,
  script: string,
  { what, code, remedy }: Asked,
  signal: AbortSignal,
): Promise<string> {
  const ran = await run(script, signal);
  if (ran.kind === 'ended' && ran.code === 0) return ran.out;
  throw new BackupFault(code, `${what} failed: ${detailOf(ran)}`, remedy);
}

const LONGEST_DETAIL = 600;

function detailOf(ran: Ran): string {
  if (ran.kind !== 'ended') return ran.detail;
  const said = ran.err.trim().replaceAll(/\s*\n\s*/g, '; ');
  return said === '' ? `it ended with ${ran.code}` : said.slice(-LONGEST_DETAIL);
}

/** A command that gets a text on its standard input. */
export function fed(command: string, text: string): string {
  return `base64 -d <<'EOF' | ${command}\n${wrapped(text)}\nEOF`;
}
