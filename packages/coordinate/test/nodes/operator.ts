import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { coordinate, type Process, type Ran, startCoordinate, type Told } from './process.ts';

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

/** One operator, with its process. */
export interface Operator extends OperatorPlace {
  readonly config: string;
  readonly keyFile: string;
  readonly groupFile: string;
  /** `watchbill coordinate run`, once more where it ended. */
  start(): void;
  /** SIGSTOP: its connections stay, and it does nothing. */
  freeze(): void;
  /** SIGCONT. */
  thaw(): void;
  /** SIGKILL; null where it was never started. */
  kill(): Promise<Ran | null>;
  /** SIGTERM. */
  stop(): Promise<Ran>;
  /** Whether its process ended and nobody had ended it. */
  isLost(): boolean;
  /** What it printed since its last start. */
  told(): readonly Told[];
  tail(): string;
  /** Put a call into its queue. */
  wish(name: string, call: object): void;
  /** Files of its queue, or of a folder in it. */
  queued(folder?: 'done' | 'failed'): readonly string[];
  /** Full names of its evidence of a kind. */
  evidence(kind: string): readonly string[];
  status(): Promise<{
    readonly height: string | null;
    readonly peers: readonly { isConnected: boolean }[];
    readonly executing: string | null;
  }>;
  windows(): Promise<readonly WindowRow[]>;
}

export function operatorAt(place: OperatorPlace): Operator {
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
  const end = (signal: NodeJS.Signals): Promise<Ran> => {
    isWanted = false;
    process().signal(signal);
    return process().ended;
  };
  return {
    ...place,
    config,
    keyFile: at('operator.key'),
    groupFile: at('group.yaml'),
    start: () => {
      running = startCoordinate(folder, 'run', '--json', '--config', config);
      isWanted = true;
    },
    freeze: () => process().signal('SIGSTOP'),
    thaw: () => process().signal('SIGCONT'),
    kill: async () => (running === null ? null : end('SIGKILL')),
    stop: () => end('SIGTERM'),
    isLost: () => isWanted && !process().running(),
    told: () => running?.told ?? [],
    tail: () => running?.tail() ?? '',
    wish: (file, call) => {
      const unfinished = at(`unfinished-${file}`);
      writeFileSync(unfinished, JSON.stringify(call));
      renameSync(unfinished, at('queue', file));
    },
    queued: (inside) =>
      namesIn(inside === undefined ? at('queue') : at('queue', inside)).filter((file) =>
        file.endsWith('.json'),
      ),
    evidence: (kind) =>
      namesIn(at('state', 'evidence'))
        .filter((file) => file.endsWith(`-${kind}.json`))
        .map((file) => at('state', 'evidence', file)),
    status: async () => {
      const response = await fetch(`http://127.0.0.1:${httpPort}/status`);
      return (await response.json()) as Awaited<ReturnType<Operator['status']>>;
    },
    windows: async () => {
      const ran = await coordinate(folder, 'windows', '--json', '--limit', '1000', '--config', config);
      if (ran.code !== 0) throw new Error(ran.stderr);
      return (JSON.parse(ran.stdout) as { readonly windows: readonly WindowRow[] }).windows;
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

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder).toSorted();
  } catch {
    return [];
  }
}
