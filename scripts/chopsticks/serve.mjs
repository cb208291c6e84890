// A chain under chopsticks, in a separate process. It is started with an IPC channel, gets its chain in the
// first message, and ends with its parent.
//
// in   { modules, genesis, port, blockMode, offchainWorker }   once
// out  { ready: { host, port } } or { failed: text }           once
// in   { id, downward: [{ sentAt, msg }], upward: { para: [hex] } }   messages for the next block
// out  { id } or { id, failed: text }

import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beginningBlocksAtOnce, remembering } from './faster.mjs';

const EXECUTOR = new URL('executor.mjs', import.meta.url);

process.once('disconnect', () => process.exit(0));
process.once('message', (order) => {
  serve(order).catch((error) => {
    tell({ failed: textOf(error) });
    process.exitCode = 1;
    process.disconnect();
  });
});

async function serve({ modules, genesis, port, blockMode, offchainWorker }) {
  const { setupWithServer } = chopsticksOf(modules);
  const { addr, chain } = await setupWithServer({
    genesis,
    port,
    host: '127.0.0.1',
    'build-block-mode': blockMode,
    'offchain-worker': offchainWorker,
    'runtime-log-level': 1,
  });
  process.on('message', (order) => carry(chain, order));
  const [host, taken] = addr.split(':');
  tell({ ready: { host, port: Number(taken) } });
}

/**
 * With the one method that every node has and clients of ours use, and without much repeated work. It has to
 * be there before the server is loaded.
 */
function chopsticksOf(modules) {
  const load = createRequire(join(modules, 'package.json'));
  runningOwnExecutor(load('node:worker_threads'));
  const core = load('@acala-network/chopsticks-core');
  const { allHandlers } = core;
  allHandlers.state_call = remembering(allHandlers.state_call);
  beginningBlocksAtOnce(core.Block, core);
  const { blake2AsHex } = load('@polkadot/util-crypto');
  // It is asked for the code of the runtime again and again, which is large and mostly the same.
  let last = { value: '0x', hash: blake2AsHex('0x', 256) };
  allHandlers.state_getStorageHash = async (context, [key, block]) => {
    const value = await allHandlers.state_getStorage(context, [key, block]);
    if (value === null) return null;
    if (value !== last.value) last = { value, hash: blake2AsHex(value, 256) };
    return last.hash;
  };
  return load('@acala-network/chopsticks');
}

/**
 * Chopsticks starts its thread from one of its files; ours loads that one. Other threads are none of ours.
 */
function runningOwnExecutor(threads) {
  const Plain = threads.Worker;
  threads.Worker = class Worker extends Plain {
    constructor(file, options) {
      if (!String(file).endsWith('/node-wasm-executor.js')) super(file, options);
      else super(EXECUTOR, { ...options, workerData: fileURLToPath(file) });
    }
  };
}

function carry(chain, { id, downward, upward }) {
  try {
    if (downward.length > 0) chain.submitDownwardMessages(downward);
    for (const [para, messages] of Object.entries(upward)) chain.submitUpwardMessages(Number(para), messages);
    tell({ id });
  } catch (error) {
    tell({ id, failed: textOf(error) });
  }
}

function tell(message) {
  if (process.connected) process.send(message);
}

function textOf(error) {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
