import { messageOf } from '@watchbill/kit';
import { type SshEnd, ssh, sshOptions } from '@watchbill/kit/ssh';
import type { Forward } from '../../file/net/index.ts';
import { createPace } from '../../file/net/index.ts';
import { sharedConnection } from './shared-connection.ts';
import { openSshForward } from './ssh-forward.ts';
import { hostOf, type SshSettings } from './ssh-options.ts';

/** The outcome of a script. `unknown`: it was begun, and its progress is unknown. */
export type Ran =
  | { readonly kind: 'ended'; readonly code: number; readonly out: string; readonly err: string }
  | { readonly kind: 'unreachable' | 'forbidden' | 'unknown'; readonly detail: string };

/** Runs a shell script on a machine, as root. */
export type RunScript = (script: string, signal: AbortSignal) => Promise<Ran>;

const BEGUN = 'watchbill-begun';
const ENDED = 'watchbill-ended';
/** More than any file that a network has, in base64. */
const MOST_BYTES = 64 * 2 ** 20;
/** As root, or by a sudo without a password. */
const AS_ROOT = ['sh', '-c', 'if [ "$(id -u)" = 0 ]; then exec sh -s; else exec sudo -n sh -s; fi'];

/** One machine: scripts on it, over one connection. */
export interface Machine {
  readonly run: RunScript;
  /** A way to a port on its loopback. */
  readonly forward: (port: number) => Promise<Forward>;
  /** Idempotent. */
  readonly close: () => void;
}

/** A server takes ten sessions on a connection, and few new ones at once. */
const MOST_AT_ONCE = 4;

/**
 * Uses the `ssh` program, so that keys, agents and jump hosts are those of the user. A host with an unknown
 * key is refused. The script goes over standard input, so it does not appear in a list of processes.
 */
export function sshMachine(settings: SshSettings): Machine {
  const shared = sharedConnection(settings);
  const pace = createPace(settings.clock, MOST_AT_ONCE);
  return {
    run: (script, outer) => {
      const signal = AbortSignal.any([outer, AbortSignal.timeout(settings.timeoutMs)]);
      const whole = `echo ${BEGUN}\n(\nset -eu\n${script}\n)\ncode=$?\necho\necho ${ENDED} $code\n`;
      const work = async (): Promise<Ran> => {
        const socket = await shared.socket();
        // If the shared connection is missing, ssh opens a new one, and prints the reason if it cannot.
        const limits = {
          options: overShared(socket),
          signal,
          deadlineMs: settings.timeoutMs,
          mostBytes: MOST_BYTES,
        };
        return readRun(await ssh(hostOf(settings), AS_ROOT, { input: whole, ...limits }), settings);
      };
      return pace.run(work, signal).catch((error: unknown): Ran => {
        const why = messageOf(error);
        return { kind: 'unreachable', detail: `${settings.user}@${settings.host}: ${why}` };
      });
    },
    forward: async (port) => {
      const socket = await shared.socket();
      return openSshForward(
        [...sshOptions(hostOf(settings)), ...overShared(socket)],
        socket,
        settings.host,
        port,
      );
    },
    close: shared.close,
  };
}

function overShared(socket: string): readonly string[] {
  return ['-S', socket, '-o', 'ControlMaster=no'];
}

function readRun({ out, err, failure }: SshEnd, { host, user }: SshSettings): Ran {
  const said = [failure?.text ?? '', err.trim()].filter((one) => one !== '').join('; ');
  if (!out.includes(`${BEGUN}\n`)) {
    const refused = /permission denied|sudo:|host key verification failed/i.test(err);
    return { kind: refused ? 'forbidden' : 'unreachable', detail: `${user}@${host}: ${said}` };
  }
  const end = new RegExp(`\\n${ENDED} (\\d+)\\n$`).exec(out);
  if (end === null)
    return { kind: 'unknown', detail: `${user}@${host}: the connection ended early; ${said}` };
  const body = out.slice(out.indexOf(`${BEGUN}\n`) + BEGUN.length + 1, end.index);
  return { kind: 'ended', code: Number(end[1]), out: body, err };
}
