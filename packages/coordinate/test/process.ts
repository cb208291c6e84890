import { type CommandRan, startCommand } from '@watchbill/testkit/command';

const COMMAND_TIMEOUT_MS = 180_000;
/** Longer than any test lets a member run. */
const MEMBER_TIMEOUT_MS = 3_600_000;
const TAIL_LINES = 25;

/** A line of JSON that a process printed. */
export type Told = Readonly<Record<string, unknown>> & { readonly event: string; readonly text: string };

/** A command that runs until it is stopped. */
export type Process = ReturnType<typeof startCoordinate>;

/** `watchbill coordinate …` until it ends. */
export function coordinate(cwd: string, ...args: readonly string[]): Promise<CommandRan> {
  return startCommand(cwd, ['coordinate', ...args], { timeoutMs: COMMAND_TIMEOUT_MS }).ended;
}

/** `watchbill coordinate …` in the background. */
export function startCoordinate(cwd: string, ...args: readonly string[]) {
  const command = startCommand(cwd, ['coordinate', ...args], { timeoutMs: MEMBER_TIMEOUT_MS });
  const lines = command.lines as readonly Told[];
  return {
    ...command,
    lines,
    /** The first such line, printed or still to come. Rejects if the process ends before. */
    until: (what: (line: Told) => boolean): Promise<Told> =>
      command.until(`the line of ${args.join(' ')}`, () => lines.find(what)),
    /** The last lines of both outputs. */
    tail: () => command.printed.all.trim().split('\n').slice(-TAIL_LINES).join('\n'),
  };
}
