import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { ask, CHAIN, fakeLog, KEY, releaseAll, seal, startAdopted, wordAhead } from '../testing/services.ts';
import { target, voteKey } from './testing/vote-key.ts';

const block = (unit: string, digest: string) => ({
  chain: CHAIN,
  signatures: [
    { key: KEY, duty: 'babe', unit, digest, block: { number: '812', hash: `0x${'7'.repeat(64)}` } },
  ],
});

async function watched(context: TestContext) {
  const { log, events: warnings } = fakeLog('warn');
  const change = { unknownSignature: 'freeze', standbyDelayMs: 0 } as const;
  const { permit, store } = await startAdopted(context, change, { parts: { log } });
  warnings.length = 0;
  const freeze = async () => (await permit.policies())[0]?.freeze;
  return { permit, store, warnings, freeze };
}

test('the reason of a freeze names the block, the unit and the grant of the unit', async (context) => {
  const { permit, freeze } = await watched(context);
  await ask(permit, 'a', { unit: '5', digest: seal('05') });
  await permit.reportSignatures(block('6', seal('66')), 'watcher');
  const what = 'block 812 is sealed with this key for babe unit';
  assert.equal((await freeze())?.reason, `${what} 6, and no service granted it`);
  await permit.liftFreeze({ key: KEY, reason: 'x' }, 'ada');
  const later = '7000';
  assert.equal(await ask(permit, 'a', { unit: later, digest: seal('07') }), 'granted:new');
  await permit.reportSignatures(block(later, seal('66')), 'watcher');
  assert.equal((await freeze())?.reason, `${what} ${later}, and the ledger granted ${seal('07')} for it`);
});

test('while a rollback report is held the ledger may lack a grant, so no machine is accused', async (context) => {
  const { permit, store, freeze } = await watched(context);
  assert.equal(await ask(permit, 'a', { unit: '99', word: await wordAhead(store) }), 'denied:store-behind');
  await permit.reportSignatures(block('6', seal('66')), 'watcher');
  assert.equal(await freeze(), undefined);
  await releaseAll(permit);
  await permit.reportSignatures(block('6', seal('66')), 'watcher');
  assert.equal((await freeze())?.cause, 'unknown-signature');
});

test('a vote that the key did not sign is logged with its observer; one of a stranger is not', async (context) => {
  const { permit, warnings } = await watched(context);
  const seen = { ...voteKey('11').vote('3/7', target('aa')), digest: target('bb') };
  const report = { chain: CHAIN, votes: [seen] };
  const refused = { name: 'PermitFault', code: 'not-observer' };
  await assert.rejects(permit.reportVotes(report, 'stranger'), refused);
  assert.deepEqual(warnings, []);
  await permit.reportVotes(report, 'watcher');
  const { key, unit, part } = seen;
  const warning = { event: 'vote-unsigned', observer: 'watcher', key, part };
  assert.deepEqual(warnings, [{ ...warning, unit }]);
  await permit.reportVotes({ chain: CHAIN, votes: [{ ...seen, unit: 'x' }] }, 'watcher');
  assert.deepEqual(warnings[1], { ...warning, unit: 'x' }, 'no unit of a round');
});
