import { connect } from 'node:net';
import { tellFront } from './control.ts';

/** Shorter than what asks for readiness waits. */
const LOOK_MS = 1_000;

/**
 * Why callers do not reach a front that runs, or null. A connection alone tells nothing of a process that hangs, since the system takes it;
 * an answer on the socket of its own tells nothing of the address of callers.
 */
export async function frontProblem(
  controlSocket: string,
  address: { readonly host: string; readonly port: number },
): Promise<string | null> {
  const [taken, answers] = await Promise.all([
    takesConnections(address),
    tellFront(controlSocket, 'show version', LOOK_MS).then(
      () => true,
      () => false,
    ),
  ]);
  if (!taken) return `the front takes no connections on ${address.host}:${address.port}`;
  return answers ? null : `the front gave no answer in ${LOOK_MS} ms`;
}

function takesConnections({
  host,
  port,
}: {
  readonly host: string;
  readonly port: number;
}): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const end = (taken: boolean) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(taken);
    };
    const timer = setTimeout(() => end(false), LOOK_MS);
    socket.once('connect', () => end(true));
    socket.once('error', () => end(false));
  });
}
