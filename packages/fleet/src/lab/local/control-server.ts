import { closeSync, openSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { messageOf } from '@watchbill/kit';
import {
  CONTROL_SOCKET,
  type ControlReply,
  type ControlRequest,
  type LocalControl,
  requestShape,
} from './control.ts';
import { LocalFault } from './local-fault.ts';

export interface ControlServer {
  /** Accepts no more requests, finishes the open ones, and removes the socket. */
  readonly close: () => Promise<void>;
}

/** The most callers at once. Each sends one request after the other. */
const MOST_CALLERS = 16;
const LONGEST_LINE_BYTES = 16 << 10;

/** Lets other processes of this user control the nodes: a line of JSON in, a line of JSON out. */
export async function serveControl(folder: string, control: LocalControl): Promise<ControlServer> {
  const file = join(folder, CONTROL_SOCKET);
  // This process holds the folder, so an existing socket belongs to a process that has ended.
  rmSync(file, { force: true });
  const callers = new Set<Socket>();
  const underWay = new Set<Promise<void>>();
  const server = createServer((socket) => {
    if (callers.size >= MOST_CALLERS) return void socket.destroy();
    callers.add(socket);
    socket.once('close', () => callers.delete(socket));
    socket.on('error', () => socket.destroy());
    serveCaller(socket, control, underWay);
  });
  await listen(server, folder);
  return {
    close: async () => {
      const closed = new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
      for (const socket of callers) socket.pause();
      await Promise.allSettled(underWay);
      for (const socket of callers) socket.destroy();
      await closed;
      rmSync(file, { force: true });
    },
  };
}

/** Handles one request after the other. A line that is too long closes the connection. */
function serveCaller(socket: Socket, control: LocalControl, underWay: Set<Promise<void>>): void {
  let unread = 0;
  let turn = Promise.resolve();
  socket.on('data', (chunk: Buffer) => {
    const lastEnd = chunk.lastIndexOf(0x0a);
    unread = lastEnd < 0 ? unread + chunk.length : chunk.length - lastEnd - 1;
    if (unread > LONGEST_LINE_BYTES) socket.destroy();
  });
  const lines = createInterface({ input: socket });
  lines.on('error', () => socket.destroy());
  lines.on('line', (line) => {
    turn = turn.then(async () => {
      const reply = await answerTo(line, control);
      if (socket.writable) socket.write(`${JSON.stringify(reply)}\n`);
    });
    const mine = turn.finally(() => underWay.delete(mine));
    underWay.add(mine);
  });
}

async function answerTo(line: string, control: LocalControl): Promise<ControlReply> {
  try {
    const request = requestShape.safeParse(JSON.parse(line));
    if (request.success) return { ok: true, answer: await perform(request.data, control) };
    const [issue] = request.error.issues;
    return {
      ok: false,
      code: 'request',
      message: `${issue?.path.join('.')}: ${issue?.message}`,
      remedy: 'use the same version of watchbill as the process that keeps the nodes',
    };
  } catch (error) {
    if (error instanceof LocalFault)
      return { ok: false, code: error.code, message: error.message, remedy: error.remedy };
    const message = messageOf(error);
    return {
      ok: false,
      code: 'request',
      message,
      remedy: 'see the output of the process that keeps the nodes',
    };
  }
}

async function perform(request: ControlRequest, control: LocalControl): Promise<unknown> {
  switch (request.do) {
    case 'nodes':
      return control.nodes();
    case 'stop':
      await control.stop(request.node, request.deadlineMs);
      return null;
    case 'start':
      await control.start(request.node);
      return null;
    case 'setProgram':
      await control.setProgram(request.node, request.program);
      return null;
  }
}

/**
 * A path through the open folder, because the path of a socket has at most about 100 bytes, and the folder's
 * own path may be longer.
 */
async function listen(server: Server, folder: string): Promise<void> {
  const handle = openSync(folder, 'r');
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(`/proc/self/fd/${handle}/${CONTROL_SOCKET}`, resolve);
    });
  } catch (error) {
    throw new LocalFault(
      'folder',
      `cannot create a socket in ${folder}`,
      'use a folder on a local disk',
      error,
    );
  } finally {
    closeSync(handle);
  }
}
