import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CommandRan } from '@watchbill/testkit/command';
import { coordinate, type Process, startCoordinate, type Told } from '../process.ts';

/** How a window ended, as `windows --json` prints it. */
export interface WindowRow {
  readonly from: string;
  readonly to: string;
  readonly result: string;
  readonly reason: string | null;
  readonly action: string | null;
  readonly faults: readonly { readonly culprit: string; readonly kind: string }[];
  readonly receipts: readonly {
    readonly action: string;
    readonly result: string;
    readonly text: string;
    readonly extrinsic: string | null;
    readonly height: string | null;
  }[];
}

/** Where one operator's files are, and where it is reached. */
export interface OperatorPlace {
  readonly name: string;
  readonly folder: string;
  /** Multiaddr. */
  readonly listen: string;
  readonly chainUrl: string;
  readonly httpPort: number;
}

export type Operator = ReturnType<typeof operatorAt>;

/** One operator, with its process. */
export function operatorAt(place: OperatorPlace) {
  const { folder, name, httpPort } = place;
  const at = (...path: readonly string[]): string => join(folder, ...path);
  const config = at('coordinate.yaml');
  mkdirSync(at('queue'), { recursive: true });
  let running: Process | null = null;
  let isWanted = false;
  const process = (): Process => {
    if (running === null) throw new Error(`${name} was never started`);
    return running;
  };
  const end = (signal: NodeJS.Signals): Promise<CommandRan> => {
    isWanted = false;
    return process().stop(signal);
  };
  return {
    ...place,
    config,
    ...{ keyFile: at('operator.key'), groupFile: at('group.yaml') },
    /** `watchbill coordinate run`, once more if it ended. */
    start: (): void => {
      running = startCoordinate(folder, 'run', '--json', '--config', config);
      isWanted = true;
    },
    /** SIGKILL; null if it was never started. */
    kill: async (): Promise<CommandRan | null> => (running === null ? null : end('SIGKILL')),
    stop: (): Promise<CommandRan> => end('SIGTERM'),
    /** Whether its process ended by itself. */
    isLost: (): boolean => isWanted && process().hasEnded(),
    /** What it printed since its last start. */
    told: (): readonly Told[] => running?.lines ?? [],
    tail: (): string => running?.tail() ?? '',
    /** Puts a call into its queue. */
    wish: (file: string, call: object): void => {
      writeFileSync(at(`unfinished-${file}`), JSON.stringify(call));
      renameSync(at(`unfinished-${file}`), at('queue', file));
    },
    /** Files of its queue, or of a folder in it. */
    queued: (inside = '.'): readonly string[] => namesIn(at('queue', inside), '.json'),
    status: async () => {
      const response = await fetch(`http://127.0.0.1:${httpPort}/status`);
      return (await response.json()) as {
        readonly height: string | null;
        readonly peers: readonly { isConnected: boolean }[];
        readonly executing: string | null;
      };
    },
    windows: async (): Promise<readonly WindowRow[]> => {
      const ran = await coordinate(folder, 'windows', '--json', '--limit', '1000', '--config', config);
      if (ran.code !== 0) throw new Error(ran.errors);
      return (JSON.parse(ran.out) as { readonly windows: readonly WindowRow[] }).windows;
    },
  };
}

/** Replace what stands in a file exactly once. */
export function editFile(file: string, changes: Readonly<Record<string, string>>): void {
  let text = readFileSync(file, 'utf8');
  for (const [from, to] of Object.entries(changes)) {
    if (text.split(from).length !== 2) throw new Error(`${file} does not hold "${from}" once:\n${text}`);
    text = text.replace(from, () => to);
  }
  writeFileSync(file, text);
}

function namesIn(folder: string, end: string): readonly string[] {
  try {
    return readdirSync(folder)
      .filter((file) => file.endsWith(end))
      .toSorted();
  } catch {
    return [];
  }
}
