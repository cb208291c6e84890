import { connectNode, type NodeRpc } from '@watchbill/chain';
import {
  type ManagedProcess,
  managedProcess,
  type ProcessEnd,
  type ProcessUsage,
} from '../managed-process.ts';
import { steppedClock } from './clock-step.ts';
import { type NodeKeys, putKeys, removeKeys } from './keystore.ts';
import type { Line } from './line.ts';
import type { NodeNamespace } from './namespaces.ts';
import type { NodePlace, NodePlan } from './plan.ts';
import { waitFor } from './wait.ts';

/** The cut-off part of a node's network. Peers need network namespaces, services need lines. */
export interface Partition {
  readonly from: 'peers' | 'services' | 'both';
}

/** One real node process. It may be stopped and started any number of times on its own database. */
export interface RunningNode extends NodePlace {
  /** Null if it does not run. */
  pid(): number | null;
  /** Over WebSocket; connects at its first use and again after a restart. */
  readonly rpc: NodeRpc;
  /**
   * Settles when the RPC answers. Rejects with the tail of the log if the node ends or the deadline passes.
   */
  start(): Promise<void>;
  /** SIGTERM; SIGKILL after `deadlineMs` (default 60,000). */
  stop(deadlineMs?: number): Promise<ProcessEnd | null>;
  /** SIGKILL. */
  kill(): Promise<ProcessEnd | null>;
  pause(): void;
  resume(): void;
  paused(): boolean;
  running(): boolean;
  /** Its last end; null while it runs. */
  exited(): ProcessEnd | null;
  usage(): ProcessUsage;
  /** Its complete log, over all starts. */
  log(): string;
  /** Lines of the log that match, from a {@link RunningNode.logMark} on. */
  grep(pattern: RegExp, fromMark?: number): readonly string[];
  logMark(): number;
  /**
   * A node with a copy of this database under a new name, with these changes to the plan; not started. A
   * running node is stopped with SIGSTOP for the copy, as a snapshot of a virtual machine does. If the
   * changes have no keys, keys are copied.
   */
  clone(name: string, changes?: Omit<NodePlan, 'name'>): Promise<RunningNode>;
  putKeys(keys: readonly NodeKeys[]): void;
  removeKeys(keys: readonly NodeKeys[]): void;
  /**
   * Its wall clock is this far ahead of the machine's, from at most a second later on. Needs `clock:
   * 'stepped'`.
   */
  stepClock(offsetSeconds: number): void;
  partition(partition: Partition): void;
  /** Ends every partition. */
  heal(): void;
  bestNumber(): Promise<number>;
  finalisedNumber(): Promise<number>;
  untilBest(number: number, timeoutMs?: number): Promise<void>;
  untilFinalised(number: number, timeoutMs?: number): Promise<void>;
}

/** The parts of a node. */
export interface NodeMaking {
  readonly plan: NodePlan;
  readonly place: NodePlace;
  readonly binary: string;
  readonly arguments: () => readonly string[];
  readonly namespace: NodeNamespace | null;
  readonly lines: readonly Line[];
  readonly clone: RunningNode['clone'];
}

// Each of these limits is several times the need of a busy machine, because test machines may be overloaded.
const START_TIMEOUT_MS = 180_000;
const STOP_TIMEOUT_MS = 60_000;
const RPC_TIMEOUT_MS = 20_000;
const PROBE_TIMEOUT_MS = 5_000;
const UNTIL_TIMEOUT_MS = 180_000;
const TAIL_LINES = 20;

/** A node that is ready to be started. */
export function runningNode(making: NodeMaking): RunningNode {
  const { plan, place } = making;
  const program = managedProcess(place.name, `${place.folder}.log`);
  const clock = plan.clock === 'stepped' ? steppedClock(`${place.folder}/clock`) : null;
  const rpc = connectNode(place.wsUrl, { timeoutMs: RPC_TIMEOUT_MS });
  // The program may be a guard, which Node starts in half the time with compiled code.
  const { PATH, NODE_COMPILE_CACHE } = process.env;
  const env = { PATH, NODE_COMPILE_CACHE, RUST_LOG: 'info', ...clock?.env, ...plan.env };
  const start = async (): Promise<void> => {
    const inside = making.namespace?.command ?? [];
    program.start([...inside, making.binary, ...making.arguments()], env);
    await untilAnswering(place, program);
  };
  return {
    ...place,
    rpc,
    start,
    pid: program.pid,
    stop: (deadlineMs = STOP_TIMEOUT_MS) => program.stop(deadlineMs),
    kill: program.kill,
    pause: program.pause,
    resume: program.resume,
    paused: program.paused,
    running: program.running,
    exited: program.exited,
    usage: program.usage,
    log: program.output,
    grep: (pattern, fromMark = 0) =>
      program
        .output()
        .slice(fromMark)
        .split('\n')
        .filter((line) => pattern.test(line)),
    logMark: () => program.output().length,
    clone: making.clone,
    putKeys: (keys) => putKeys(place.keystorePath, keys),
    removeKeys: (keys) => removeKeys(place.keystorePath, keys),
    stepClock: (offsetSeconds) => {
      if (clock === null)
        throw new Error(`${place.name} has the clock of the machine: plan it with clock: 'stepped'`);
      clock.setOffset(offsetSeconds);
    },
    ...partitions(making),
    ...questions(place.name, rpc, program),
  };
}

function partitions({ place, namespace, lines }: NodeMaking): Pick<RunningNode, 'partition' | 'heal'> {
  return {
    partition: ({ from }) => {
      const [peers, services] = [from !== 'services', from !== 'peers'];
      if (peers && namespace === null)
        throw new Error(
          `${place.name} has no separate link to its peers: start the network with namespaces: true`,
        );
      if (services && lines.length === 0)
        throw new Error(`${place.name} has no line to a service: name services in its plan`);
      if (peers) namespace?.cutPeers();
      if (services) for (const line of lines) line.cut();
    },
    heal: () => {
      namespace?.healPeers();
      for (const line of lines) line.heal();
    },
  };
}

type Questions = Pick<RunningNode, 'bestNumber' | 'finalisedNumber' | 'untilBest' | 'untilFinalised'>;

function questions(name: string, rpc: NodeRpc, program: ManagedProcess): Questions {
  const numberOf = async (params: readonly unknown[]): Promise<number> =>
    Number((await rpc.call<{ number: string }>('chain_getHeader', params)).number);
  const bestNumber = (): Promise<number> => numberOf([]);
  const finalisedNumber = async (): Promise<number> => numberOf([await rpc.call('chain_getFinalizedHead')]);
  const until = async (
    what: string,
    ask: () => Promise<number>,
    wanted: number,
    timeoutMs = UNTIL_TIMEOUT_MS,
  ): Promise<void> => {
    const detail = (): string => program.tail(TAIL_LINES);
    await waitFor(`${name}: ${what} ${wanted}`, async () => (await ask()) >= wanted, { timeoutMs, detail });
  };
  return {
    bestNumber,
    finalisedNumber,
    untilBest: (number, timeoutMs) => until('best block', bestNumber, number, timeoutMs),
    untilFinalised: (number, timeoutMs) => until('finalised block', finalisedNumber, number, timeoutMs),
  };
}

async function untilAnswering(place: NodePlace, program: ManagedProcess): Promise<void> {
  let answer: unknown;
  const ready = await waitFor(
    `${place.name} answers its RPC`,
    async () => {
      if (!program.running()) return 'ended';
      answer = await peerIdAt(place.rpcUrl);
      return answer === place.peerId ? 'ready' : undefined;
    },
    {
      timeoutMs: START_TIMEOUT_MS,
      everyMs: 50,
      detail: () =>
        [`${place.rpcUrl} last said: ${answer}`, ...rpcLines(program), program.tail(TAIL_LINES)].join('\n'),
    },
  );
  if (ready === 'ready') return;
  const { code, signal } = program.exited() ?? { code: null, signal: null };
  throw new Error(
    `${place.name} ended at its start (code ${code}, signal ${signal}):\n${program.tail(TAIL_LINES)}`,
  );
}

/** The lines of the node about its RPC server, for example of a port that is taken. */
function rpcLines(program: ManagedProcess): readonly string[] {
  return program
    .output()
    .split('\n')
    .filter((line) => /RPC server|bind/i.test(line));
}

/**
 * The RPC must be its own: a node whose port is taken listens on another, and the port's owner would answer.
 */
async function peerIdAt(url: string): Promise<unknown> {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'system_localPeerId', params: [] });
  const headers = { 'content-type': 'application/json' };
  const signal = AbortSignal.timeout(PROBE_TIMEOUT_MS);
  try {
    const answer = await fetch(url, { method: 'POST', body, headers, signal });
    return ((await answer.json()) as { result?: unknown }).result;
  } catch (error) {
    return error;
  }
}
