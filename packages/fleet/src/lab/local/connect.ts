import { closeSync, openSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { ROLES } from '../../file/graph/index.ts';
import {
  CONTROL_SOCKET,
  type ControlledNode,
  type ControlRequest,
  LONGEST_STOP_MS,
  type LocalControl,
  replyShape,
} from './control.ts';
import { LocalFault, type LocalFaultCode } from './local-fault.ts';

const CONNECT_MS = 5_000;
const ANSWER_MS = 30_000;

const nodesShape: z.ZodType<readonly ControlledNode[]> = z.array(
  z.strictObject({
    name: z.string(),
    pool: z.string(),
    role: z.enum(ROLES),
    keySet: z.string().nullable(),
    state: z.enum(['running', 'waiting', 'gave-up', 'stopped']),
    pid: z.number().nullable(),
    rpcUrl: z.string(),
    metricsUrl: z.string(),
    folder: z.string(),
    keystore: z.string(),
    logFile: z.string(),
    program: z.string(),
    chain: z.string(),
  }),
);

/**
 * Control of the network that runs from a folder. Sends one request after the other. Throws a LocalFault
 * `not-running`.
 */
export async function connectLocal(folder: string): Promise<LocalControl & { readonly close: () => void }> {
  const socket = await connected(folder);
  const lines = createInterface({ input: socket })[Symbol.asyncIterator]();
  let turn: Promise<unknown> = Promise.resolve();
  const ask = (request: ControlRequest, withinMs: number): Promise<unknown> => {
    const mine = turn.then(() => answered(folder, socket, lines, request, withinMs));
    turn = mine.catch(() => {});
    return mine;
  };
  return {
    nodes: async () => nodesShape.parse(await ask({ do: 'nodes' }, ANSWER_MS)),
    stop: async (node, deadlineMs) => {
      await ask({ do: 'stop', node, deadlineMs }, Math.min(deadlineMs, LONGEST_STOP_MS) + ANSWER_MS);
    },
    start: async (node) => {
      await ask({ do: 'start', node }, ANSWER_MS);
    },
    setProgram: async (node, program) => {
      await ask({ do: 'setProgram', node, program }, ANSWER_MS);
    },
    close: () => socket.destroy(),
  };
}

async function answered(
  folder: string,
  socket: Socket,
  lines: AsyncIterator<string>,
  request: ControlRequest,
  withinMs: number,
): Promise<unknown> {
  const late = setTimeout(() => socket.destroy(), withinMs);
  try {
    if (!socket.writable) throw ended(folder);
    socket.write(`${JSON.stringify(request)}\n`);
    const line = await lines.next().catch(() => ({ done: true, value: undefined }) as const);
    if (line.done === true) throw ended(folder);
    const reply = replyShape.parse(JSON.parse(line.value));
    if (reply.ok) return reply.answer;
    throw new LocalFault(codeOf(reply.code), reply.message, reply.remedy);
  } finally {
    clearTimeout(late);
  }
}

/** The code of a fault in the other process. A code that this version does not know becomes `request`. */
function codeOf(text: string): LocalFaultCode {
  const known: readonly LocalFaultCode[] = ['folder', 'program', 'keys', 'start', 'request', 'not-running'];
  return known.find((code) => code === text) ?? 'request';
}

function ended(folder: string): LocalFault {
  return new LocalFault(
    'not-running',
    `the process that keeps the network of ${folder} did not answer; it may have carried out the request`,
    'check its output and the state of its nodes',
  );
}

async function connected(folder: string): Promise<Socket> {
  let handle: number | null = null;
  try {
    handle = openSync(folder, 'r');
    const socket = connect(`/proc/self/fd/${handle}/${CONTROL_SOCKET}`);
    socket.on('error', () => socket.destroy());
    await new Promise<void>((resolve, reject) => {
      const late = setTimeout(() => socket.destroy(new Error('it takes too long')), CONNECT_MS);
      socket.once('connect', () => {
        clearTimeout(late);
        resolve();
      });
      socket.once('close', () => {
        clearTimeout(late);
        reject(new Error('the connection was refused'));
      });
    });
    return socket;
  } catch (error) {
    throw new LocalFault(
      'not-running',
      `no network runs from ${folder}`,
      'start it with `watchbill fleet local up --local`, or name the folder of one that runs',
      error,
    );
  } finally {
    if (handle !== null) closeSync(handle);
  }
}
