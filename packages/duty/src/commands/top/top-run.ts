import { Fault } from '@watchbill/kit';
import { renderFault } from '@watchbill/kit/command/fault-text';
import type { Io } from '@watchbill/kit/command/io';
import { dim, green, red, yellow } from '@watchbill/kit/command/paint';
import { lines, print } from '@watchbill/kit/command/print';
import { ansiScreen, type Terminal } from '@watchbill/kit/command/screen';
import { withApi } from '../../client/api.ts';
import { resolveTarget } from '../../client/target.ts';
import { loadConfig } from '../../config/load.ts';
import {
  type ConsoleView,
  factsReader,
  httpSource,
  type OtherPage,
  readPages,
  terminalLines,
  viewOf,
} from '../../console/terminal.ts';
import { alertWords } from '../alert-words.ts';
import { repeat } from '../tell.ts';
import { onQuit } from './quit.ts';
import type { TopOptions } from './top-command.ts';

const COLOURS = { good: green, warn: yellow, bad: red, quiet: dim };
const plain = (text: string) => text;
const PLAIN = { good: plain, warn: plain, bad: plain, quiet: plain };
const PRINTED_WIDTH = 100;

interface Shown {
  readonly view: ConsoleView;
  readonly others: readonly OtherPage[];
}

/** Shows the view until `q`, Ctrl-C or SIGTERM; once with `--once`, `--json` or without a terminal. */
export async function runTop(io: Io, options: TopOptions): Promise<void> {
  // Its screen says itself that a service does not answer.
  const target = { ...resolveTarget(io, options), tell: () => undefined };
  await withApi(target, async (api) => {
    const words = alertWords();
    // The addresses are those of the service's machine, so those of another service are not asked from here.
    const pages =
      target.dataDir === null ? {} : loadConfig(io, { config: options.config }).config.service.pages;
    const readView = factsReader(httpSource(api.get), io.clock);
    const readOthers = readPages(pages, io.clock);
    const read = async (): Promise<Shown> => {
      const [facts, others] = await Promise.all([readView(), readOthers()]);
      return { view: viewOf(facts, words), others };
    };
    if (options.once || options.json || !io.outIsTerminal) {
      const { view, others } = await read();
      const text = () => lines(terminalLines(view, PRINTED_WIDTH, PLAIN, others));
      return print(io, options.json, { ...view, others }, text);
    }
    await follow(io, options, read);
  });
}

async function follow(io: Io, { everyMs }: TopOptions, read: () => Promise<Shown>): Promise<void> {
  const terminal: Terminal = {
    rows: () => process.stdout.rows ?? 24,
    columns: () => process.stdout.columns ?? 80,
    colour: (io.env.NO_COLOR ?? '') === '',
  };
  const screen = ansiScreen(io.draw, terminal);
  const draw = async (stopped: AbortSignal): Promise<void> => {
    const shown = await look(read, terminal);
    if (!stopped.aborted) screen.draw([...shown, dim('q quits')]);
  };
  try {
    await repeat(io, everyMs, draw, onQuit);
  } finally {
    screen.close();
  }
}

/** A service that does not answer now may answer the next look; any other fault ends the command. */
async function look(read: () => Promise<Shown>, { columns, rows }: Terminal): Promise<readonly string[]> {
  try {
    const { view, others } = await read();
    return terminalLines(view, columns(), COLOURS, others, rows() - 1);
  } catch (error) {
    if (!(error instanceof Fault) || error.kind !== 'unreachable') throw error;
    return renderFault(error)
      .split('\n')
      .slice(0, rows() - 1);
  }
}
