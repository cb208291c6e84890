import { execFile } from 'node:child_process';
import { visible } from '@watchbill/kit';

/** Powers another machine of the pair off, and confirms it. */
export type Fence = ReturnType<typeof fenceCommand>;

interface FenceCommand {
  /** Program and arguments, for example `['/etc/fence']`. WATCHBILL_FENCE_MACHINE names the machine. */
  readonly command: readonly [string, ...string[]];
  /** How long the active machine is silent before the fence is used, in milliseconds. */
  readonly afterMs: number;
  /** The command is killed after this time, and then it confirmed nothing. */
  readonly timeoutMs: number;
}

const MOST_OUTPUT = 64 * 1_024;

/** A fence that is a program: status 0, and no other end, confirms that the machine is off. */
export function fenceCommand({ command: [program, ...args], afterMs, timeoutMs }: FenceCommand) {
  /** True only if the machine is certainly off. `say` is for people, and holds no secret. */
  const powerOff = (machine: string) => {
    const { promise, resolve } = Promise.withResolvers<{ readonly isOff: boolean; readonly say: string }>();
    const env = { ...process.env, WATCHBILL_FENCE_MACHINE: machine };
    const options = { env, timeout: timeoutMs, killSignal: 'SIGKILL', maxBuffer: MOST_OUTPUT } as const;
    execFile(program, args, options, (error, stdout, stderr) => {
      const said = visible(`${stdout}${stderr}`.trim().slice(-300));
      if (error === null) resolve({ isOff: true, say: said });
      else resolve({ isOff: false, say: `${endOf(error, timeoutMs)}${said === '' ? '' : `: ${said}`}` });
    });
    return promise;
  };
  return { afterMs, powerOff };
}

/** The error of Node repeats the whole command, which may contain a secret. */
function endOf(error: Error & { code?: unknown; killed?: boolean }, timeoutMs: number): string {
  if (error.killed === true) return `the fence did not end within ${timeoutMs / 1_000} s`;
  return typeof error.code === 'number'
    ? `the fence ended with status ${error.code}`
    : 'the fence could not be started';
}
