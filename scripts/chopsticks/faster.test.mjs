import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { beginningBlocksAtOnce, remembering } from './faster.mjs';

const INIT = 'Core_initialize_block';
const APPLY = 'BlockBuilder_apply_extrinsic';
const END = 'BlockBuilder_finalize_block';

/** A block of chopsticks as far as is used; `tasks` is what its executor was given. */
function fakeBlocks({ isParachain = false, fail = () => false } = {}) {
  const tasks = [];
  const runTask = async ({ calls }, _handler, isUnsigned = false) => {
    const names = calls.map(([method, [argument]]) => `${method} ${argument}`);
    tasks.push(isUnsigned ? ['unsigned', ...names] : names);
    const failed = names.find(fail);
    if (failed !== undefined) return { Error: `trapped in ${failed}` };
    return {
      Call: { result: '0x00', storageDiff: names.map((name) => [name, '0x01']), offchainStorageDiff: [] },
    };
  };
  class FakeBlock {
    layers = [];
    wasm = Promise.resolve('0xc0de');
    meta = Promise.resolve({ tx: isParachain ? { parachainSystem: {} } : {} });
    chain = { offchainWorker: null };
    constructor(number) {
      this.number = number;
    }
    pushStorageLayer() {
      const layer = { setAll: (entries) => this.layers.push(...entries.map(([key]) => key)) };
      return layer;
    }
    async call(method, args, isInherent = false) {
      const { Call: done, Error: failed } = await runTask({ calls: [[method, args]] }, null, isInherent);
      if (done === undefined) throw new Error(failed);
      return done;
    }
  }
  beginningBlocksAtOnce(FakeBlock, { runTask, taskHandler: () => null });
  return { tasks, block: (number = 2) => new FakeBlock(number) };
}

/** As the block builder does it. */
async function begin(block) {
  block.pushStorageLayer().setAll((await block.call(INIT, ['header'])).storageDiff);
  for (const inherent of ['time', 'parents'])
    block.pushStorageLayer().setAll((await block.call(APPLY, [inherent], true)).storageDiff);
}

describe('the beginning of a block', () => {
  test('of a relay is run with its end, where nothing comes between', async () => {
    const { tasks, block } = fakeBlocks();
    const one = block();
    await begin(one);
    const { storageDiff } = await one.call(END, ['']);
    assert.deepEqual(tasks, [[`${INIT} header`, `${APPLY} time`, `${APPLY} parents`, `${END} `]]);
    assert.equal(storageDiff.length, 4, 'all changes are reported');
  });

  test('stays if an extrinsic is refused: that is a separate task', async () => {
    const { tasks, block } = fakeBlocks();
    const one = block();
    await begin(one);
    await one.call(APPLY, ['refused']);
    await one.call(END, ['']);
    assert.deepEqual(tasks.slice(1), [[`${APPLY} refused`], [`${END} `]]);
    assert.deepEqual(one.layers, [`${INIT} header`, `${APPLY} time`, `${APPLY} parents`]);
  });

  test('of a parachain lets inherents pass without signatures, and nothing else', async () => {
    const { tasks, block } = fakeBlocks({ isParachain: true });
    const one = block();
    await begin(one);
    await one.call(END, ['']);
    assert.deepEqual(
      tasks.map(([first]) => first),
      ['unsigned', `${END} `],
    );
  });

  test('that traps ends the block', async () => {
    const { tasks, block } = fakeBlocks({ fail: (name) => name === `${APPLY} time` });
    const one = block();
    await begin(one);
    for (const next of [APPLY, END])
      await assert.rejects(
        one.call(next, ['']),
        /cannot begin: trapped in BlockBuilder_apply_extrinsic time/,
      );
    assert.equal(tasks.length, 1);
  });

  test('of the first block of all is run step by step', async () => {
    const { tasks, block } = fakeBlocks();
    await begin(block(1));
    assert.equal(tasks.length, 3);
  });
});

describe('what the runtime was asked', () => {
  function asking() {
    const block = { storage: {}, wasm: '0xc0de' };
    let count = 0;
    const call = remembering(async (_context, [method]) => {
      count += 1;
      if (method === 'Fails') throw new Error('trapped');
      return method === 'Long' ? 'x'.repeat(200_000) : `answer ${count}`;
    });
    const context = { chain: { getBlock: async (hash) => (hash === 'unknown' ? undefined : block) } };
    return { block, ask: (method, data = '0x', hash = undefined) => call(context, [method, data, hash]) };
  }

  test('is not asked again of the same state', async () => {
    const { block, ask } = asking();
    assert.equal(await ask('Nonce', '0x01'), await ask('Nonce', '0x01'));
    assert.notEqual(await ask('Nonce', '0x01'), await ask('Nonce', '0x02'));
    const before = await ask('Nonce', '0x01');
    block.storage = {};
    assert.notEqual(await ask('Nonce', '0x01'), before, 'dev_setStorage gives another state');
  });

  test('of its metadata is asked again where the code is another', async () => {
    const { block, ask } = asking();
    const before = await ask('Metadata_metadata');
    block.storage = {};
    assert.equal(await ask('Metadata_metadata'), before);
    block.wasm = '0xc0df';
    assert.notEqual(await ask('Metadata_metadata'), before);
  });

  test('and answered with an error, at length, or of no block is asked again', async () => {
    const { ask } = asking();
    await assert.rejects(ask('Fails'), /trapped/);
    await assert.rejects(ask('Fails'), /trapped/);
    await ask('Long');
    await ask('Long');
    assert.notEqual(await ask('Nonce', '0x', 'unknown'), await ask('Nonce', '0x', 'unknown'));
    assert.equal(await ask('Nonce'), 'answer 7');
  });
});
