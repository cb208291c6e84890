// Plays the node of polkadot-sdk for `local up --local`: it makes node keys, takes session keys, and runs as a node whose blocks come
// with the time. It signs nothing and speaks to no peer. Plain JavaScript, because a small script in `sh` starts it by its path.

import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';

const args = process.argv.slice(2);
const BLOCK_MS = 200;

/** Value of a flag, as `--name VALUE` or `--name=VALUE`. */
function flag(name) {
  const at = args.findIndex((arg) => arg === `--${name}` || arg.startsWith(`--${name}=`));
  if (at < 0) return undefined;
  return args[at].includes('=') ? args[at].slice(args[at].indexOf('=') + 1) : args[at + 1];
}

function needed(name) {
  const value = flag(name);
  if (value !== undefined) return value;
  process.stderr.write(`fake-node: --${name} is missing in: ${args.join(' ')}\n`);
  process.exit(2);
}

const hex = (value) => Buffer.from(value).toString('hex');
const sha256 = (value) => createHash('sha256').update(value).digest('hex');

const ALPHABET = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';

/** A peer id in the form of a real one: the multihash of an Ed25519 key, in base 58. */
function peerIdOf(key) {
  let rest = BigInt(`0x002408011220${sha256(key)}`);
  let text = '';
  for (; rest > 0n; rest /= 58n) text = (ALPHABET[Number(rest % 58n)] ?? '') + text;
  return `1${text}`;
}

/** The key type in hexadecimal, then the public key: the name of a file in a real keystore. */
function insertKey() {
  const seed = readFileSync(needed('suri'), 'utf8');
  const name = hex(needed('key-type')) + sha256(`${needed('scheme')} ${seed}`);
  writeFileSync(join(needed('keystore-path'), name), 'fake');
}

/** Blocks are counted from the first start of the chain, which every node reads from the file of the specification. */
function run() {
  const startedMs = Date.parse(JSON.parse(readFileSync(needed('chain'), 'utf8')).properties.startedAt);
  const best = () => Math.floor((Date.now() - startedMs) / BLOCK_MS);
  const number = (value) => `0x${value.toString(16)}`;
  const finalisedHash = () =>
    `0x${number(Math.max(0, best() - 2))
      .slice(2)
      .padStart(64, '0')}`;
  const answers = {
    system_chain: () => 'Fake chain',
    system_health: () => ({ peers: 3, isSyncing: false, shouldHavePeers: true }),
    chain_getFinalizedHead: finalisedHash,
    chain_getBlockHash: () => `0x${'11'.repeat(32)}`,
    chain_getHeader: ([hash] = []) => ({
      number: hash === undefined ? number(best()) : number(BigInt(hash)),
    }),
  };
  const answer = ({ id, method, params }) =>
    answers[method] === undefined
      ? { jsonrpc: '2.0', id, error: { code: -32601, message: 'Method not found' } }
      : { jsonrpc: '2.0', id, result: answers[method](params) };
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => (body += chunk));
    request.on('end', () => {
      const asked = JSON.parse(body);
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(Array.isArray(asked) ? asked.map(answer) : answer(asked)));
    });
  });
  server.listen(Number(needed('rpc-port')), '127.0.0.1');
  process.on('SIGTERM', () => process.exit(0));
}

switch (args.slice(0, 2).join(' ')) {
  case 'key generate-node-key':
    writeFileSync(needed('file'), sha256(`${process.pid} ${Date.now()}`));
    break;
  case 'key inspect-node-key':
    process.stdout.write(`${peerIdOf(readFileSync(needed('file'), 'utf8'))}\n`);
    break;
  case 'key insert':
    insertKey();
    break;
  default:
    run();
}
