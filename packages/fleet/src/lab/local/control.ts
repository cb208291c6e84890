import { z } from 'zod';
import type { Role } from '../../file/graph/index.ts';
import type { Keeper } from './keeper.ts';

/** Beside the folder's lock; only the user who runs the network can reach it. */
export const CONTROL_SOCKET = 'control.sock';

/** Executable of a node, by its bytes. */
export const programShape = z.strictObject({
  path: z.string().startsWith('/', { error: 'expected an absolute path' }),
  sha256: z.string().regex(/^[0-9a-f]{64}$/, { error: 'expected 64 hex digits' }),
});
export type NodeProgram = Readonly<z.output<typeof programShape>>;

/** A node of a network that runs on this machine, with the paths of its files. */
export interface ControlledNode {
  readonly name: string;
  readonly pool: string;
  readonly role: Role;
  /** Names its session keys; null if it does not sign. */
  readonly keySet: string | null;
  readonly state: ReturnType<Keeper['state']>;
  readonly pid: number | null;
  /** `ws://127.0.0.1:PORT` */
  readonly rpcUrl: string;
  readonly metricsUrl: string;
  /** With `data` (the chain) and `keystore` in it. */
  readonly folder: string;
  readonly keystore: string;
  readonly logFile: string;
  /** The program from its next start on. */
  readonly program: string;
  /** Path of the chain specification, or the name of a well-known chain. */
  readonly chain: string;
}

/**
 * Control over the nodes of a running local network. Every call ends by a deadline, or throws a LocalFault.
 */
export interface LocalControl {
  readonly nodes: () => Promise<readonly ControlledNode[]>;
  /**
   * SIGTERM, SIGKILL at the deadline; resolves when the process is gone. It stays down until it is started.
   */
  readonly stop: (name: string, deadlineMs: number) => Promise<void>;
  /** Starts a node that is stopped. Refused while it runs. */
  readonly start: (name: string) => Promise<void>;
  /**
   * Sets the program of the node from its next start on. The folder keeps it, also across a restart of the
   * network. Null: the program of the network file. Refused unless the bytes of the file have the digest.
   */
  readonly setProgram: (name: string, program: NodeProgram | null) => Promise<void>;
}

/** The longest deadline of a stop. The client waits slightly longer for the answer. */
export const LONGEST_STOP_MS = 120_000;

export const requestShape = z.discriminatedUnion('do', [
  z.strictObject({ do: z.literal('nodes') }),
  z.strictObject({
    do: z.literal('stop'),
    node: z.string(),
    deadlineMs: z.number().min(0).max(LONGEST_STOP_MS),
  }),
  z.strictObject({ do: z.literal('start'), node: z.string() }),
  z.strictObject({ do: z.literal('setProgram'), node: z.string(), program: programShape.nullable() }),
]);
export type ControlRequest = z.output<typeof requestShape>;

export const replyShape = z.discriminatedUnion('ok', [
  z.strictObject({ ok: z.literal(true), answer: z.unknown() }),
  z.strictObject({ ok: z.literal(false), code: z.string(), message: z.string(), remedy: z.string() }),
]);
export type ControlReply = z.output<typeof replyShape>;
