// The hash of a chain's block 0, asked of a node, which computes it from the specification.

import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { buildStop } from '../run-step.mjs';

const START_TIMEOUT_MS = 60_000;
const ANSWER_TIMEOUT_MS = 10_000;
const STOP_TIMEOUT_MS = 20_000;
/** How many of the node's last lines stand in an error. */
const KEPT_LINES = 10;

/**
 * @param {string} node path of the node's binary
 * @param {string} spec path of a chain specification
 * @param {string} folder an own one, for the node's files
 * @returns {Promise<string>} `0x` and 64 digits
 */
export async function genesisHash(node, spec, folder) {
  const listen = ['--listen-addr', '/ip4/127.0.0.1/tcp/0', '--rpc-port', '0', '--no-prometheus'];
  const args = ['--chain', spec, '--base-path', folder, '--no-mdns', '--no-telemetry', ...listen];
  const child = spawn(node, args, { stdio: ['ignore', 'ignore', 'pipe'], signal: buildStop });
  const ended = new Promise((resolve) => child.once('close', resolve));
  try {
    return await blockZero(await rpcPort(child));
  } finally {
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
    await ended;
    clearTimeout(timer);
  }
}

/** The node chooses a free port and says which. */
function rpcPort(child) {
  const last = [];
  return new Promise((resolve, reject) => {
    const give = (why) => reject(new Error(`${why}; it said:\n${last.join('\n')}`));
    const timer = setTimeout(() => give('the node opened no RPC port in a minute'), START_TIMEOUT_MS);
    child.once('error', (cause) => give(`the node does not start: ${cause.message}`));
    child.once('close', (code) => give(`the node ended with ${code}`));
    createInterface({ input: child.stderr }).on('line', (line) => {
      last.push(line);
      if (last.length > KEPT_LINES) last.shift();
      const port = /Running JSON-RPC server: addr=127\.0\.0\.1:(\d+)/.exec(line)?.[1];
      if (port === undefined) return;
      clearTimeout(timer);
      resolve(Number(port));
    });
  });
}

async function blockZero(port) {
  const reply = await fetch(`http://127.0.0.1:${port}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'chain_getBlockHash', params: [0] }),
    signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
  });
  const { result } = await reply.json();
  if (!/^0x[0-9a-f]{64}$/.test(result)) throw new Error(`the node has no hash of block 0: ${result}`);
  return result;
}
