import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { field, temporaryFolder } from '@watchbill/kit/testing';
import fc from 'fast-check';
import { bytesOfRecord } from '../content.ts';
import type { ActionContext, Progress } from '../port.ts';
import { type RunCommand, runCommand } from '../run-command.ts';
import { fakeLedger } from '../testing/fake-ledger.ts';
import { contextOf, fakeDoors, fakeRoom, itemOf, planAt, proposedValue } from '../testing/fake-members.ts';
import { isApplied } from './release.ts';
import { turnOf } from './turn.ts';
import { upgradeAction } from './upgrade.ts';

const BINARY = 'a new node';
const SHA256 = `0x${createHash('sha256').update(BINARY).digest('hex')}`;
const NO_FACTS = new Uint8Array();

/** A group in which each member has a folder with the release; the test gives the commands. */
function setUp(
  context: TestContext,
  options: { readonly maxDown?: number; readonly members?: number; readonly bakeBlocks?: number } = {},
) {
  const folder = temporaryFolder(context);
  const ledger = fakeLedger();
  ledger.advance();
  const members = options.members ?? 4;
  const plan = planAt(ledger, members);
  const { bakeBlocks = 0, maxDown = 1 } = options;
  const item = itemOf('upgrade', { maxDown, healthTimeoutBlocks: 5, bakeBlocks }, 60n);
  const contexts = plan.group.members.map((_, seat) => {
    const path = join(folder, `node-${seat}`);
    const releaseFile = join(folder, `release-${seat}.json`);
    writeFileSync(path, BINARY);
    writeFileSync(releaseFile, JSON.stringify({ version: 'v2.0.0', sha256: SHA256, path }));
    const settings = {
      releaseFile,
      applyCommand: ['apply', `${seat}`, '{path}'],
      healthCommand: ['health', `${seat}`],
    };
    return contextOf(ledger, plan, item, settings, seat);
  });
  return { folder, ledger, plan, item, contexts };
}

function releaseFileOf(member: ActionContext): string {
  return (JSON.parse(member.settings) as { releaseFile: string }).releaseFile;
}

const first = (contexts: readonly ActionContext[]): ActionContext => {
  const [member] = contexts;
  assert.ok(member !== undefined);
  return member;
};

test('a leader drafts its own release; members with the same file agree if they are healthy', async (context) => {
  const { contexts, plan, item } = setUp(context);
  const [leader, other] = [first(contexts), contexts[1]];
  assert.ok(other !== undefined);
  const action = upgradeAction(fakeDoors());
  const draft = await action.draft(leader);
  assert.ok(draft.kind === 'content');
  const content = { version: 'v2.0.0', sha256: SHA256, order: plan.submitters, maxDown: 1 };
  assert.equal(Buffer.from(draft.content).toString(), Buffer.from(bytesOfRecord(content)).toString());
  const value = proposedValue(leader, draft.content);
  assert.deepEqual(await action.validate(other, value), { result: 'valid' });
  assert.match(
    (await action.dryRun(other, value)).join('\n'),
    /in the order m3, m2, m1, m0[\s\S]*number 3, and is ready/,
  );

  const code = async (change: object, at: ActionContext = other, doors = fakeDoors()): Promise<string> => {
    const answer = await upgradeAction(doors).validate(
      at,
      proposedValue(leader, bytesOfRecord({ ...content, ...change })),
    );
    if (answer.result === 'refused') assert.equal(answer.facts.length, 0, 'no member is at fault');
    return answer.result === 'refused' ? answer.code : answer.result;
  };
  assert.equal(await code({ order: [0, 1, 2, 3] }), 'wrong-order');
  assert.equal(await code({ maxDown: 2 }), 'wrong-max-down');
  assert.equal(
    action.judge(item, proposedValue(leader, bytesOfRecord({ ...content, maxDown: 2 })), NO_FACTS),
    'wrong-max-down',
  );
  assert.equal(await code({ version: 'v3' }), 'no-release');
  assert.equal(await code({ sha256: `0x${'00'.repeat(32)}` }), 'no-release');
  assert.equal(await code({ more: 1 }), 'malformed');
  const ill: RunCommand = async () => ({ result: 'failed', detail: 'exit code 1' });
  assert.equal(await code({}, other, fakeDoors({ run: ill })), 'unhealthy');
  assert.equal(await code({}, { ...other, settings: '{}' }), 'unknown');
  const path = (JSON.parse(other.settings) as { applyCommand: string[]; releaseFile: string }).releaseFile;
  writeFileSync(path.replace('release-1.json', 'node-1'), 'another file');
  assert.equal(await code({}), 'digest-differs');
});

test('nothing to propose: no release, one that already runs, or one that this node could not apply', async (context) => {
  const { contexts } = setUp(context);
  const leader = first(contexts);
  const why = async (doors = fakeDoors()): Promise<string> => {
    const draft = await upgradeAction(doors).draft(leader);
    return draft.kind === 'nothing' ? draft.why : 'content';
  };
  assert.match(await why(fakeDoors({ run: async () => ({ result: 'failed', detail: 'ill' }) })), /unhealthy/);
  writeFileSync(`${releaseFileOf(leader)}.applied`, bytesOfRecord({ sha256: SHA256 }));
  assert.match(await why(), /runs here already/);
  writeFileSync(releaseFileOf(leader), '{"version":"x"}');
  await assert.rejects(why(), /must be/);
  rmSync(releaseFileOf(leader));
  assert.match(await why(), /no release file/);
});

/** Runs all members; commands take `blocks` to apply, and each sees how many are down. */
async function runAll(
  context: TestContext,
  options: { readonly maxDown: number; readonly failing?: number; readonly bakeBlocks?: number },
  /** Whether a member that was well is ill, by the blocks since then. */
  isIll: (seat: string, blocks: bigint, room: ReturnType<typeof fakeRoom>) => boolean = () => false,
) {
  const { contexts, ledger, plan, item } = setUp(context, { ...options, members: 6 });
  const down = new Set<string>();
  const applied: string[] = [];
  let most = 0;
  const doneAt = new Map<string, bigint>();
  const run: RunCommand = async ([program = '', seat = '']) => {
    if (program === 'apply') {
      assert.ok(ledger.height() >= plan.window.end, 'not before the lease');
      applied.push(seat);
      down.add(seat);
      most = Math.max(most, down.size);
      doneAt.set(seat, ledger.height() + 3n);
      return { result: 'ok' };
    }
    const at = doneAt.get(seat);
    if (seat === String(options.failing) || (at !== undefined && ledger.height() < at))
      return { result: 'failed', detail: 'not yet' };
    if (at !== undefined && isIll(seat, ledger.height() - at, room))
      return { result: 'failed', detail: 'crashed' };
    down.delete(seat);
    return { result: 'ok' };
  };
  const action = upgradeAction(fakeDoors({ run }));
  const content = { version: 'v2.0.0', sha256: SHA256, order: plan.submitters, maxDown: options.maxDown };
  const value = proposedValue(first(contexts), bytesOfRecord(content));
  const room = fakeRoom(ledger);
  const receipts = await room.carryOut(action, value, ...contexts);
  return { receipts, applied, most: () => most, room, contexts, value, action, item };
}

for (const maxDown of [1, 2]) {
  test(`one after another, at most ${maxDown} down at once, each when those before it are healthy`, async (context) => {
    const { receipts, applied, most, contexts } = await runAll(context, { maxDown });
    assert.deepEqual(receipts.map(field('result')), Array(6).fill('done'));
    assert.deepEqual(applied.toSorted(), ['0', '1', '2', '3', '4', '5']);
    assert.deepEqual(new Set(applied.slice(0, maxDown)), new Set(['5', '4'].slice(0, maxDown)));
    assert.equal(most(), maxDown);
    assert.equal(await isApplied(releaseFileOf(first(contexts)), SHA256), true);
  });
}

test('a member that does not become healthy halts all members after it', async (context) => {
  const { receipts, applied } = await runAll(context, { maxDown: 1, failing: 3 });
  assert.deepEqual(applied, ['5', '4', '3']);
  assert.deepEqual(
    receipts.map(({ result }) => result),
    ['refused', 'refused', 'refused', 'failed', 'done', 'done'],
  );
  assert.match(receipts[0]?.text ?? '', /m3 failed \(not healthy in time/);
});

const resultsOf = (receipts: readonly { readonly result: string }[]) => receipts.map(({ result }) => result);

test('a release that fails while it bakes, or after its member was healthy, goes on to no other member', async (context) => {
  const baking = await runAll(context, { maxDown: 1, bakeBlocks: 6 }, (_, blocks) => blocks >= 4n);
  assert.deepEqual(baking.applied, ['5']);
  assert.deepEqual(resultsOf(baking.receipts), [...Array(5).fill('refused'), 'failed']);
  const late = await runAll(context, { maxDown: 1 }, (seat, blocks) => seat === '5' && blocks >= 2n);
  assert.deepEqual(late.applied, ['5', '4']);
  assert.match(late.room.told.map(({ seat, status }) => `${seat} ${status}`).join(), /5 unhealthy/);
  assert.match(late.receipts[3]?.text ?? '', /m5 failed \(not healthy in time: crashed/);
});

test('members wait for one that died while it waited, until the lease is over', async (context) => {
  const { applied, receipts } = await runAll(context, { maxDown: 1, bakeBlocks: 12 }, (_, blocks, room) => {
    if (blocks === 1n) room.silence(0);
    return false;
  });
  assert.deepEqual(applied, ['5']);
  assert.deepEqual(resultsOf(receipts), [...Array(5).fill('expired'), 'done']);
  assert.match(receipts[4]?.text ?? '', /it waited for m0$/);
});

test('an upgrade begun before a crash does not begin again, and a running release is not applied', async (context) => {
  const { contexts, ledger, plan } = setUp(context, { members: 1 });
  const ran: string[] = [];
  const run: RunCommand = async ([program = '']) => {
    ran.push(program);
    return { result: 'ok' };
  };
  const action = upgradeAction(fakeDoors({ run }));
  const member = first(contexts);
  const content = { version: 'v2.0.0', sha256: SHA256, order: plan.submitters, maxDown: 1 };
  const value = proposedValue(member, bytesOfRecord(content));
  const room = fakeRoom(ledger);
  await room.execution(member, value).report('started', 'v2.0.0');
  const [restarted] = await room.carryOut(action, value, member);
  assert.deepEqual([restarted?.result, ran], ['done', ['health']]);
  const [told] = await room.carryOut(action, value, member);
  assert.deepEqual([told?.result, ran.length], ['done', 1], 'it had said healthy');
  const [known] = await fakeRoom(ledger).carryOut(action, value, member);
  assert.deepEqual([known?.result, ran], ['done', ['health', 'health']], 'noted as applied');
});

test('a file that changed since is not applied; a command that fails is reported', async (context) => {
  const { contexts, ledger, plan, folder } = setUp(context, { members: 1 });
  const member = first(contexts);
  const content = { version: 'v2.0.0', sha256: SHA256, order: plan.submitters, maxDown: 1 };
  const value = proposedValue(member, bytesOfRecord(content));
  const once = async (run: RunCommand) => {
    const room = fakeRoom(ledger);
    const action = upgradeAction(fakeDoors({ run }));
    const [receipt] = await room.carryOut(action, value, member);
    return `${receipt?.result}: ${receipt?.text}; told ${room.told.map(({ status }) => status).join()}`;
  };
  const broken = await once(async () => ({ result: 'failed', detail: 'exit code 7' }));
  assert.equal(broken, 'failed: the apply command failed: exit code 7; told waiting,started,failed');
  writeFileSync(join(folder, 'node-0'), 'malware');
  const changed = await once(async () => assert.fail('no command may run'));
  assert.match(changed, /^failed: .*is not the agreed release any more; told waiting,failed$/);
});

const HEIGHT = 100n;
const reportOf = ([seat, status]: readonly [number, string]): Progress => {
  return { seat, status, detail: '', height: HEIGHT, isLost: false };
};

test('the turn: a member is down if its last report is old or its connection ended, also a healthy one', () => {
  const all = [reportOf([1, 'waiting']), reportOf([2, 'healthy'])];
  const turnWith = (seat: number, change: Partial<Progress>) =>
    turnOf(
      { order: [2, 0, 1], maxDown: 1 },
      0,
      HEIGHT,
      all.map((each) => (each.seat === seat ? { ...each, ...change } : each)),
    );
  for (const seat of [1, 2]) {
    assert.deepEqual(turnWith(seat, { height: HEIGHT - 10n }), { turn: 'go' });
    for (const down of [{ height: HEIGHT - 11n }, { isLost: true }, { status: 'unhealthy' }])
      assert.deepEqual(turnWith(seat, down), { turn: 'wait', for: [seat] });
    assert.equal(turnWith(seat, { status: 'failed', height: 1n }).turn, 'halt', 'also of a dead one');
  }
});

test('the turn: never more than maxDown down, for any reports, including members that were down before', () => {
  const order = [2, 0, 1, 3];
  /** The others wait, but for these. */
  const said = (...statuses: readonly (readonly [number, string])[]): Progress[] =>
    [...new Map([...order.map((seat) => [seat, 'waiting'] as const), ...statuses])].map(reportOf);
  const turn = (seat: number, maxDown: number, progress: readonly Progress[]) =>
    turnOf({ order, maxDown }, seat, HEIGHT, progress);
  assert.equal(turn(2, 1, said()).turn, 'go');
  assert.deepEqual(turn(0, 1, said([0, 'healthy'])), { turn: 'wait', for: [2] });
  assert.equal(turn(0, 1, said([2, 'started'])).turn, 'wait');
  assert.equal(turn(0, 1, said([2, 'healthy'])).turn, 'go');
  assert.equal(turn(1, 2, said([2, 'healthy'])).turn, 'go');
  assert.equal(turn(1, 2, said()).turn, 'wait');
  assert.equal(turn(1, 2, said([3, 'failed'], [2, 'healthy'])).turn, 'halt');
  assert.equal(turn(1, 2, said([9, 'failed'], [2, 'healthy'])).turn, 'go', 'no member of it');
  // Seat 3 has reported nothing: it is down already, wherever it stands.
  const without = (silent: number) => said().filter(({ seat }) => seat !== silent);
  assert.deepEqual(turn(2, 1, without(3)), { turn: 'wait', for: [3] });
  assert.equal(turn(2, 2, without(3)).turn, 'go');
  assert.equal(turn(0, 2, without(2)).turn, 'go', 'a silent one before it is passed over');
  fc.assert(
    fc.property(
      fc.shuffledSubarray([0, 1, 2, 3, 4, 5], { minLength: 6 }),
      fc.integer({ min: 1, max: 6 }),
      fc.subarray([0, 1, 2, 3, 4, 5]),
      fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 40 }),
      (line, maxDown, dead, moves) => {
        const state = new Map(line.filter((seat) => !dead.includes(seat)).map((seat) => [seat, 'waiting']));
        for (const seat of moves) {
          const progress = [...state].map(reportOf);
          if (state.get(seat) === 'started') state.set(seat, 'healthy');
          else if (
            state.get(seat) === 'waiting' &&
            turnOf({ order: line, maxDown }, seat, HEIGHT, progress).turn === 'go'
          ) {
            state.set(seat, 'started');
            const started = [...state.values()].filter((status) => status === 'started').length;
            assert.ok(started + dead.length <= maxDown, `${started} and ${dead.length} are down`);
          }
        }
      },
    ),
  );
});

test('commands run without a shell, with a deadline', async () => {
  const node = process.execPath;
  assert.deepEqual(await runCommand([node, '-e', 'process.exit(0)'], { timeoutMs: 30_000 }), {
    result: 'ok',
  });
  const failed = await runCommand(
    [node, '-e', 'console.error("no\\u001b[31m"); process.exit(3)', '; rm -rf /'],
    { timeoutMs: 30_000 },
  );
  assert.ok(failed.result === 'failed');
  assert.match(failed.detail, /^exit code 3/);
  assert.ok(!failed.detail.includes('\u001b'));
  const late = await runCommand([node, '-e', 'setInterval(() => {}, 1000)'], { timeoutMs: 200 });
  assert.ok(late.result === 'failed' && late.detail.includes('SIGKILL'));
  const missing = await runCommand(['/no/such/program'], { timeoutMs: 1_000 });
  assert.ok(missing.result === 'failed' && missing.detail.includes('ENOENT'));
});

test('hostile contents are described on one line, and parameters and settings are checked', () => {
  const action = upgradeAction(fakeDoors());
  const item = itemOf('upgrade', { maxDown: 1, healthTimeoutBlocks: 5 }, 60n);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (content) => {
      const value = {
        action: 'upgrade',
        resource: '',
        validityBlocks: 60n,
        referenceHash: NO_FACTS,
        content,
      };
      assert.equal(action.describe(value), 'an upgrade that cannot be read');
      assert.equal(action.judge(item, value, content), 'malformed');
    }),
  );
  assert.match(action.parametersProblem('{"maxDown":0,"healthTimeoutBlocks":5}') ?? '', /maxDown/);
  const settings = { releaseFile: 'r', applyCommand: 'rm -rf /', healthCommand: ['x'] };
  assert.match(action.settingsProblem(JSON.stringify(settings)) ?? '', /applyCommand: must be a list/);
});
