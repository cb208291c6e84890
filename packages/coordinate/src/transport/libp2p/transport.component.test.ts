import { describe, test } from 'node:test';
import { transportChecks } from '../testing/conformance.ts';
import { type OpenOnLoopback, onLoopback } from '../testing/loopback.ts';
import { openLibp2p } from './transport.ts';

const open: OpenOnLoopback = async (settings, listen) => {
  const where = listen === undefined ? [] : [listen ?? '/ip4/127.0.0.1/tcp/0'];
  const transport = await openLibp2p({ ...settings, listen: where });
  return { transport, address: transport.addresses[0] ?? null, broadcastBytes: transport.broadcastBytes };
};

describe('the libp2p transport', () => {
  for (const { name, run } of transportChecks) test(name, () => onLoopback(open, run));
});
