// Four members in one process: real consensus, records and signatures, over a network in memory and a
// dev chain.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { connectNode, hexOf, type NodeRpc } from '@watchbill/chain';
import { temporaryFolder } from '@watchbill/kit/testing';
import type { ActionPlugin } from '../../actions/port.ts';
import { newOperatorKey } from '../../keys/operator-key.ts';
import type { OperatorKey } from '../../keys/port.ts';
import { verifySignature } from '../../keys/verify.ts';
import { decodeMessage, encodeMessage, NO_ATTACHMENT } from '../../quorum/codec.ts';
import { readEvidenceText, verifyEvidence } from '../../quorum/evidence.ts';
import { groupId, windowSchedule } from '../../quorum/identity.ts';
import { placeOf } from '../../quorum/plan.ts';
import { QUORUM_FRAME } from '../../quorum/self.ts';
import { domainOf, signStatement } from '../../quorum/signing.ts';
import { type MemoryNetwork, memoryNetwork } from '../../transport/testing/memory-network.ts';
import { windowOf } from '../../window.ts';
import { type RunningDevChain, serveDevChain } from '../dev-chain/serve.ts';
import type { GroupFile } from '../group-file/read.ts';
import { readStateFolder } from '../records/open.ts';
import type { Line } from '../watch/lines.ts';
import { type MemberSettings, runMember } from './member.ts';

const root = temporaryFolder();

const NAMES = ['one', 'two', 'three', 'four'];
const BLOCK_MS = 50;
/** How far the time of the chain goes in a turn of this process. */
const TURN_MS = 5;

/** An action that writes down what it did. */
function fakeAction(done: string[], changes: Partial<ActionPlugin> = {}): ActionPlugin {
  return {
    name: 'note',
    parametersProblem: () => null,
    pathSettings: [],
    settingsProblem: () => null,
    draft: async ({ plan }) => ({ kind: 'content', content: Buffer.from(`note ${plan.window.index}`) }),
    validate: async ({ plan }, { content }) =>
      Buffer.from(content).toString() === `note ${plan.window.index}`
        ? { result: 'valid' }
        : { result: 'refused', code: 'other-note', detail: '', facts: new Uint8Array() },
    judge: () => null,
    describe: () => 'a note',
    dryRun: async () => ['it would write a note'],
    execute: async (context, value) => {
      await context.report('written', `by ${context.seat}`);
      for await (const _height of context.heights()) if (context.progress().length === NAMES.length) break;
      done.push(`${context.seat}: ${Buffer.from(value.content).toString()}`);
      const heard = context.progress().map(({ seat, detail }) => `${seat} ${detail}`);
      return { action: 'note', result: 'done', text: heard.join(', '), extrinsic: null };
    },
    ...changes,
  };
}

interface TestGroup {
  readonly chain: RunningDevChain;
  readonly file: GroupFile;
  readonly network: MemoryNetwork;
  settings(seat: number, plugin: ActionPlugin, say: (line: Line) => void): Omit<MemberSettings, 'signal'>;
  /** A member of this seat that prepares two things in every window. */
  joinByzantine(seat: number): void;
  close(): Promise<void>;
}

/** A group that writes a note in every window. */
function groupFileOf(genesis: Uint8Array, keys: readonly OperatorKey[]): GroupFile {
  const windows = { frequencyBlocks: 16n, rankBlocks: 3n, rankCount: 4, certificateBlocks: 2n };
  const members = keys.map(({ scheme, publicKey }, seat) => ({ name: NAMES[seat] ?? '', scheme, publicKey }));
  const group = { name: 'demo', genesis, resource: 'notes', windows, members };
  const cadence = { kind: 'every', windows: 1n, offset: 0n } as const;
  const item = { action: 'note', cadence, validityBlocks: 10n, parameters: '{}' };
  const version = {
    version: 1,
    fromHeight: 0n,
    seedSource: 'block-hash',
    stageBlocks: 1n,
    agenda: [item],
  } as const;
  return { group, schedule: [version], groupId: groupId(group), addresses: NAMES.map(() => []) };
}

let testGroups = 0;

async function testGroup(): Promise<TestGroup> {
  // Chain time passes in turns of this process: if a busy machine delays the members, the chain waits too.
  let chainMs = 20 * BLOCK_MS;
  const turns = setInterval(() => {
    chainMs += TURN_MS;
  }, TURN_MS);
  const chain = await serveDevChain({ name: 'demo', startedAtMs: 0, blockMs: BLOCK_MS }, 0, () => chainMs);
  const keys = NAMES.map(() => newOperatorKey('ed25519'));
  const file = groupFileOf(chain.genesis, keys);
  const network = memoryNetwork();
  const pump = setInterval(() => {
    while (network.deliverNext());
  }, 2);
  testGroups += 1;
  const nodes = NAMES.map(() => connectNode(chain.url, { timeoutMs: 60_000 }));
  const folder = join(root, `group-${testGroups}`);
  return {
    chain,
    file,
    network,
    settings: (seat, plugin, say) => ({
      file,
      seat,
      key: keys[seat] ?? assert.fail(),
      nodes: [nodes[seat] ?? assert.fail()],
      follow: { pollMs: 200 },
      stateFolder: join(folder, `${seat}`),
      openTransport: async (of, events) => {
        const key = keys[seat] ?? assert.fail();
        return network.join({ group: of, key, events, nowMs: Date.now });
      },
      plugins: new Map([['note', plugin]]),
      settings: new Map(),
      http: { host: '127.0.0.1', port: 0 },
      say,
    }),
    joinByzantine: (seat) => equivocate(file, seat, keys[seat] ?? assert.fail(), network),
    close: async () => {
      clearInterval(turns);
      clearInterval(pump);
      for (const node of nodes) node.close();
      await chain.close();
    },
  };
}

/** Answers the first word that it hears in a window with two prepares of the first rank. */
function equivocate(
  { group, schedule, groupId: id }: GroupFile,
  seat: number,
  key: OperatorKey,
  network: MemoryNetwork,
): void {
  const members = group.members.map((member, at) => ({ ...member, seat: at, addresses: [] }));
  let last = 0n;
  const transport = network.join({
    group: { groupId: id, seat, members },
    key,
    nowMs: Date.now,
    events: {
      arrived: ({ frame }) => {
        const read = decodeMessage(frame.payload);
        if (frame.type !== QUORUM_FRAME || !read.ok || read.message.header.window <= last) return;
        last = read.message.header.window;
        const place = placeOf(group, schedule, windowOf(windowSchedule(group), last));
        const header = { version: 1, window: last, rank: 0, seat };
        for (const byte of [1, 2]) {
          const statement = { kind: 'prepare', digest: new Uint8Array(32).fill(byte) } as const;
          const signature = signStatement(key, domainOf(place), header, statement);
          const message = { header, statement, signature, attachment: NO_ATTACHMENT };
          transport.broadcast({ type: QUORUM_FRAME, payload: encodeMessage(domainOf(place), message) });
        }
      },
    },
  });
}

function running(t: TestContext, settings: Omit<MemberSettings, 'signal'>) {
  const stop = new AbortController();
  t.after(() => stop.abort());
  let url: string | null = null;
  const opened: NonNullable<MemberSettings['opened']> = (_transport, statusUrl) => {
    url = statusUrl;
  };
  const ended = runMember({ ...settings, opened, signal: stop.signal });
  return {
    url: () => url ?? assert.fail('the status is not served'),
    ended,
    stopped: () => {
      stop.abort();
      return ended;
    },
  };
}

/** Collects lines, and waits for one. */
function listener() {
  const lines: Line[] = [];
  const looks = new Set<() => void>();
  return {
    lines,
    say: (line: Line): void => {
      lines.push(line);
      for (const look of looks) look();
    },
    until: (what: (line: Line) => boolean): Promise<Line> =>
      new Promise((resolve) => {
        const look = () => {
          const found = lines.find(what);
          if (found === undefined) return;
          looks.delete(look);
          resolve(found);
        };
        looks.add(look);
        look();
      }),
  };
}

/** The same node, with another parent in each header. */
function lyingNode(node: NodeRpc): NodeRpc {
  const call: NodeRpc['call'] = async <T>(...given: Parameters<NodeRpc['call']>) => {
    const answer = await node.call<T>(...given);
    return given[0] === 'chain_getHeader' ? { ...answer, parentHash: `0x${'66'.repeat(32)}` } : answer;
  };
  return { address: 'ws://liar', call, subscribe: (...given) => node.subscribe(...given), close: () => {} };
}

test('an action reads the chain by a majority of the nodes of its member', async (t) => {
  const place = await testGroup();
  t.after(() => place.close());
  const ears = NAMES.map(listener);
  const read = new Set<boolean>();
  const plugin = fakeAction([], {
    validate: async ({ plan, node }) => {
      const block = hexOf(plan.referenceHash);
      const header = await node.call<{ readonly parentHash: string }>('chain_getHeader', [block]);
      read.add(header.parentHash.startsWith('0x6666'));
      return { result: 'valid' };
    },
  });
  const members = ears.map(({ say }, seat) => {
    const settings = place.settings(seat, seat === 0 ? plugin : fakeAction([]), say);
    const [node] = settings.nodes;
    const nodes = [lyingNode(node), node, node] as const;
    return running(t, seat === 0 ? { ...settings, nodes } : settings);
  });
  for (const { ended } of members) ended.catch((error) => assert.fail(error));
  // The member judges what another one leads.
  const led = ({ event, fields }: Line) =>
    event === 'outcome' && fields.result === 'execute' && read.size > 0;
  await ears[0]?.until(led);
  assert.deepEqual([...read], [false]);
  await ears[0]?.until(({ event }) => event === 'endpoint-differs');
  await Promise.all(members.map((member) => member.stopped()));
});

describe('four members', () => {
  test('agree, run the action, report to each other, and keep one outcome for each window', async (t) => {
    const place = await testGroup();
    t.after(() => place.close());
    const done: string[] = [];
    const ears = NAMES.map(listener);
    const members = ears.map(({ say }, seat) => running(t, place.settings(seat, fakeAction(done), say)));
    for (const { ended } of members) ended.catch((error) => assert.fail(error));
    // On a busy machine an execution may expire before it has heard of all; then the next window is the one.
    const heardAll = ({ event, text }: Line) =>
      event === 'receipt' && text.endsWith('done: 0 by 0, 1 by 1, 2 by 2, 3 by 3');
    await Promise.all(ears.map(({ until }) => until(heardAll)));
    const url = members[0]?.url() ?? '';
    const status = (await (await fetch(`${url}/status`)).json()) as Record<string, unknown>;
    assert.equal(status.member, 'one');
    assert.deepEqual(status.problems, []);
    const metrics = await (await fetch(`${url}/metrics`)).text();
    assert.match(metrics, /watchbill_coordinate_outcomes_total\{result="execute",reason="",/);
    assert.equal((await fetch(`${url}/health`)).status, 200);
    assert.equal((await fetch(`${url}/windows?limit=0`)).status, 400);
    assert.equal((await fetch(`${url}/evidence/..%2fcursor`)).status, 404);
    const page = await (await fetch(url)).text();
    assert.match(page, /<h1>demo, 4 members: .*next window in \d+ blocks? /);
    assert.match(page, /class="agreed" href="#w\d+"/);
    const connected = ears[0]?.lines.filter(({ event }) => event === 'peer-connected') ?? [];
    const others = ['four is connected', 'three is connected', 'two is connected'];
    assert.deepEqual([...new Set(connected.map(({ text }) => text))].sort(), others);
    const left = members[3]?.stopped();
    const gone = await ears[0]?.until(({ event }) => event === 'peer-gone');
    assert.deepEqual([gone?.text, gone?.isWarning, connected[0]?.isWarning], ['four is gone', true, false]);
    await Promise.all([left, ...members.map((member) => member.stopped())]);
    const seen = new Set<string>();
    for (const [seat] of NAMES.entries()) {
      const reader = readStateFolder(place.settings(seat, fakeAction([]), () => undefined).stateFolder);
      const windows = reader.windows(100).map(({ from }) => from);
      assert.equal(new Set(windows).size, windows.length);
      for (const { from, action, faults } of reader.windows(100)) {
        if (action === 'note') seen.add(from);
        // A leader that a busy machine made late was idle; no member here equivocates.
        assert.deepEqual(
          faults.filter(({ kind }) => kind !== 'idleness'),
          [],
        );
      }
      reader.close();
    }
    assert.ok(seen.size > 0);
    assert.equal(new Set(done).size, done.length, 'each action ran once on each member');
  });

  test('of whom one equivocates: every honest member holds the proof, and the group continues', async (t) => {
    const place = await testGroup();
    t.after(() => place.close());
    const ears = NAMES.slice(0, 3).map(listener);
    const members = ears.map(({ say }, seat) => running(t, place.settings(seat, fakeAction([]), say)));
    for (const { ended } of members) ended.catch((error) => assert.fail(error));
    place.joinByzantine(3);
    const isProof = ({ event, fields }: Line) => event === 'fault' && fields.kind === 'equivocation';
    await Promise.all(ears.map(({ until }) => until(isProof)));
    const agreed = ({ event, fields }: Line) => event === 'outcome' && fields.result === 'execute';
    await Promise.all(ears.map(({ until }) => until(agreed)));
    for (const member of members) {
      const { faults } = (await (await fetch(`${member.url()}/faults`)).json()) as {
        faults: readonly { culprit: string; kind: string; evidence: string }[];
      };
      const proven = faults.filter(({ kind }) => kind !== 'idleness');
      assert.ok(proven.length > 0);
      for (const { culprit, kind, evidence } of proven) {
        assert.deepEqual([culprit, kind], ['four', 'equivocation']);
        const read = readEvidenceText(await (await fetch(`${member.url()}/evidence/${evidence}`)).text());
        assert.ok(read.ok);
        const { group, schedule } = place.file;
        const verdict = verifyEvidence(group, schedule, read.evidence, verifySignature);
        assert.ok(verdict.holds && verdict.culprit === 3);
        const page = await (await fetch(member.url())).text();
        assert.ok(page.includes(`<bdi>four</bdi>, equivocation (<a href="/evidence/${evidence}">`), page);
      }
    }
    await Promise.all(members.map((member) => member.stopped()));
  });
});
