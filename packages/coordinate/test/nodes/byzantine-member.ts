// A member that equivocates: in every window it signs two different prepares in the same place, and
// sends both.

import { readFileSync } from 'node:fs';
import { connectNode } from '@watchbill/chain';
import { lastWindow, loadRuntime, QUORUM_FRAME } from '@watchbill/coordinate';
import { openLibp2pTransport } from '@watchbill/coordinate/libp2p';
import { parse } from 'yaml';

const RPC_TIMEOUT_MS = 10_000;
const [groupFile = '', keyFile = '', listen = '', chainUrl = ''] = process.argv.slice(2);
const runtime = await loadRuntime();
const key = runtime.readOperatorKey(keyFile);
const read = runtime.readGroupDocument(
  runtime.groupFileSchema.parse(parse(readFileSync(groupFile, 'utf8'))),
  () => null,
);
if (!read.ok) throw new Error(JSON.stringify(read.problems));
const { group, groupId, schedule, addresses } = read.file;
const seat = group.members.findIndex((member) => runtime.sameIdentity(member, key));

const tell = (event: string, fields: object): void =>
  void process.stdout.write(`${JSON.stringify({ event, ...fields })}\n`);
const transport = await openLibp2pTransport({
  key,
  listen: [listen],
  group: {
    groupId,
    seat,
    members: group.members.map((member, place) => ({
      ...member,
      seat: place,
      addresses: addresses[place] ?? [],
    })),
  },
  events: {
    arrived: () => {},
    connected: (other) => tell('connected', { seat: other }),
  },
});
tell('started', { seat });

/** One of two conflicting messages of a window. It does not depend on the chain. */
function prepare(window: NonNullable<ReturnType<typeof lastWindow>>, variant: number): Uint8Array {
  const anything = new Uint8Array(32);
  const plan = runtime.planQuorum(group, schedule, window, anything, anything);
  const header = { version: plan.version.version, window: window.index, rank: 0, seat };
  const statement = { kind: 'prepare', digest: new Uint8Array(32).fill(variant) } as const;
  const domain = runtime.domainOf(plan);
  const signature = runtime.signStatement(key, domain, header, statement);
  return runtime.encodeMessage(domain, { header, statement, attachment: runtime.NO_ATTACHMENT, signature });
}

const node = connectNode(chainUrl, { timeoutMs: RPC_TIMEOUT_MS });
const stop = new AbortController();
process.once('SIGTERM', () => stop.abort());
const clock = runtime.chainClock({
  nodes: [node],
  genesis: group.genesis,
  note: ({ code, text }) => tell(code, { text }),
});
for await (const height of clock.heights(stop.signal)) {
  const window = lastWindow(runtime.windowSchedule(group), height);
  if (window === null || height >= window.activeEnd) continue;
  for (const variant of [1, 2])
    transport.broadcast({ type: QUORUM_FRAME, payload: prepare(window, variant) });
  tell('lied', { window: `${window.index}`, height: `${height}` });
}
await transport.close();
node.close();
