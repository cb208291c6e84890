import { visibleLines } from '@watchbill/kit';
import type { Io } from '@watchbill/kit/command/io';
import { green, red, yellow } from '@watchbill/kit/command/paint';

const COLOURS = [
  [/\b(FROZEN|frozen|NOT READY|DOWN|not granting|fail)\b/g, red],
  [/\b(not adopted|no node is active|no node yet|unknown)\b/g, yellow],
  [/\b((?<!not )granting|serving|ok)\b/g, green],
] as const;

/** Prints text for a person: in a terminal, states have colours, unless `NO_COLOR` is set. */
export function tell(io: Io, text: string): void {
  if (!io.outIsTerminal || (io.env.NO_COLOR ?? '') !== '') io.out(text);
  else io.draw(COLOURS.reduce((shown, [words, paint]) => shown.replace(words, paint), visibleLines(text)));
}

/** Looks again and again until Ctrl-C, SIGTERM or the end of the output, or until `onQuit` says so. */
export async function repeat(
  io: Io,
  everyMs: number,
  look: (stopped: AbortSignal) => Promise<void>,
  onQuit: (stop: () => void) => () => void = () => () => undefined,
): Promise<void> {
  const stopped = new AbortController();
  const stop = () => stopped.abort();
  const forget = [io.onStopSignal(stop), io.onOutputGone(stop), onQuit(stop)];
  try {
    while (!stopped.signal.aborted) {
      await look(stopped.signal);
      await io.clock.sleep(everyMs, stopped.signal);
    }
  } finally {
    for (const each of forget) each();
  }
}

/** Begins a new look on an empty terminal. */
export function clear(io: Io): void {
  io.draw(io.outIsTerminal ? '\u001b[H\u001b[2J' : '');
}
