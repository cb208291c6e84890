import { isRecord, messageOf } from '@watchbill/kit';
import { shellWord } from '@watchbill/kit/ssh';
import type { LiveResource, Reached } from '../../file/live/index.ts';
import type { Forward } from '../../file/net/index.ts';
import type { TypedKey } from '../../file/signers/index.ts';
import type { KeysHeld } from '../apply/identity.ts';
import { keysOfNode } from '../apply/node-keys.ts';
import { failureOf } from './failure.ts';
import { UNIT_FOLDER } from './script.ts';
import type { RunScript } from './ssh.ts';
import { unitOf } from './unit-health.ts';

const DEFAULT_RPC_PORT = 9944;

/** A way to the loopback ports of the node that a unit runs, as its command line names them. */
export async function reachUnit(
  run: RunScript,
  forward: (port: number) => Promise<Forward>,
  place: string,
  id: string,
  signal: AbortSignal,
): Promise<Reached> {
  const name = unitOf(place, id);
  if (name === null) return { ok: false, detail: `${id} is not a unit` };
  const ran = await run(`grep '^ExecStart=' ${shellWord(`${UNIT_FOLDER}/${name}`)} | head -n 1`, signal);
  const failed = failureOf(ran);
  if (failed !== null || ran.kind !== 'ended')
    return { ok: false, detail: failed !== null && 'detail' in failed ? failed.detail : name };
  const flag = (word: string): number | null => portFlagOf(ran.out, word);
  const open: Forward[] = [];
  const close = (): void => {
    for (const one of open) one.close();
  };
  try {
    const rpc = await forward(flag('rpc-port') ?? DEFAULT_RPC_PORT);
    open.push(rpc);
    const metricsPort = flag('prometheus-port');
    const metrics = metricsPort === null ? null : await forward(metricsPort);
    if (metrics !== null) open.push(metrics);
    const metricsUrl = metrics === null ? null : `http://127.0.0.1:${metrics.port}/metrics`;
    return { ok: true, reach: { rpcUrl: `http://127.0.0.1:${rpc.port}`, metricsUrl, close } };
  } catch (error) {
    close();
    return { ok: false, detail: messageOf(error) };
  }
}

/** The value of a flag of the node in a line `ExecStart=…`; words after ` -- ` are for a relay chain. */
function portFlagOf(line: string, word: string): number | null {
  const own = line.split(' -- ')[0] ?? '';
  const found = new RegExp(`--${word}[= ]"?(\\d+)`).exec(own)?.[1];
  return found === undefined ? null : Number(found);
}

/** Asks the node of a live unit, which the machine returned, for keys in its keystore. */
export async function keysOfUnit(
  forward: (port: number) => Promise<Forward>,
  { kind, id, body }: LiveResource,
  keys: readonly TypedKey[],
  signal: AbortSignal,
): Promise<KeysHeld> {
  const text = isRecord(body) && typeof body.text === 'string' ? body.text : null;
  const line = text === null ? undefined : /^ExecStart=.*$/m.exec(text.replaceAll('\\\n', ' '))?.[0];
  if (kind !== 'unit' || line === undefined) return { ok: false, detail: `${id} runs no node` };
  return keysOfNode(() => forward(portFlagOf(line, 'rpc-port') ?? DEFAULT_RPC_PORT), keys, signal);
}
