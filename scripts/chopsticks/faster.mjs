// Makes chopsticks do repeated work once. It decodes and compiles the whole code of the runtime for every
// task, which takes far longer than the call itself; a task may hold several calls, and a real node compiles
// its runtime once. The runtime gets the same calls in the same order, and blocks have the same hashes and
// state.

/** Calls whose answer follows from the code alone. */
const OF_CODE = new Set([
  'Core_version',
  'Metadata_metadata',
  'Metadata_metadata_at_version',
  'Metadata_metadata_versions',
]);
/** Codes of which answers are kept: the one that runs, and the other of an upgrade. */
const KEPT_CODES = 2;
/** Short answers of a runtime about one state are kept as long as the state. */
const MOST_KEPT_CHARACTERS = 100_000;

/**
 * A handler of `state_call` that asks the runtime once for one answer. The state is known by the uppermost of
 * its layers: each block has its own, and each `dev_setStorage` puts a new one on top.
 */
export function remembering(stateCall) {
  const byState = new WeakMap();
  const byCode = [];
  return async (context, [method, data, hash]) => {
    const block = await context.chain.getBlock(hash);
    const ask = () => stateCall(context, [method, data, hash]);
    if (!block) return ask();
    const isOfCode = OF_CODE.has(method);
    const answers = isOfCode
      ? answersOfCode(byCode, await block.wasm)
      : answersOfState(byState, block.storage);
    return once(answers, `${method} ${data}`, ask, isOfCode ? Infinity : MOST_KEPT_CHARACTERS);
  };
}

function answersOfState(byState, storage) {
  const answers = byState.get(storage) ?? new Map();
  byState.set(storage, answers);
  return answers;
}

function answersOfCode(byCode, code) {
  const found = byCode.find((one) => one.code === code) ?? { code, answers: new Map() };
  if (!byCode.includes(found)) byCode.unshift(found);
  byCode.splice(KEPT_CODES);
  return found.answers;
}

/** Errors are not kept. */
function once(answers, key, ask, mostCharacters) {
  const kept = answers.get(key);
  if (kept !== undefined) return kept;
  const answer = ask();
  answers.set(key, answer);
  answer.then(
    (value) => value.length > mostCharacters && answers.delete(key),
    () => answers.delete(key),
  );
  return answer;
}

const INHERENT = 'BlockBuilder_apply_extrinsic';
const END = 'BlockBuilder_finalize_block';

/**
 * Makes the block builder run what begins a block (its initialisation and the inherents, of which it looks at
 * no result) in one task. It lets inherents pass without signatures, since a parachain is shown made-up
 * headers of its relay; where there is no such inherent, the task checks signatures, and the end of a block
 * without extrinsics joins it. Extrinsics are applied one by one, as ever: each has a result, and a separate
 * task.
 */
export function beginningBlocksAtOnce(Block, { runTask, taskHandler }) {
  const plainCall = Block.prototype.call;
  const begun = new WeakMap();
  const failures = new WeakMap();
  Block.prototype.call = async function (method, args, isInherent = false) {
    // The first block of all gets the hash of its parent written after its initialisation.
    if (method === 'Core_initialize_block' && this.number > 1) {
      begun.set(this, [[method, args]]);
      // Read from the parent, as ever: what is read later counts as changed, and a change of the code has all
      // metadata read anew.
      await this.wasm;
      return NOTHING;
    }
    // Without its beginning no call of a block may run, whatever the caller.
    if (failures.has(this)) throw failures.get(this);
    const calls = begun.get(this);
    if (calls === undefined) return plainCall.call(this, method, args, isInherent);
    if (method === INHERENT && isInherent) {
      calls.push([method, args]);
      return NOTHING;
    }
    begun.delete(this);
    const isParachain = (await this.meta).tx.parachainSystem !== undefined;
    // The changes of a refused extrinsic are thrown away, so its task must hold no other call.
    if (!isParachain && method === END) return run(this, [...calls, [method, args]]);
    const { storageDiff } = await run(this, calls, isParachain);
    this.pushStorageLayer().setAll(storageDiff);
    return plainCall.call(this, method, args, isInherent);
  };

  /** As chopsticks runs one call. */
  async function run(block, calls, isUnsigned = false) {
    const { chain } = block;
    const { mockSignatureHost, allowUnresolvedImports, runtimeLogLevel } = chain;
    const task = {
      wasm: await block.wasm,
      calls,
      mockSignatureHost,
      allowUnresolvedImports,
      runtimeLogLevel,
    };
    const { Call: done, Error: failed } = await runTask(task, taskHandler(block), isUnsigned);
    if (done === undefined) {
      failures.set(block, new Error(`the block cannot begin: ${failed ?? 'the runtime gave no answer'}`));
      throw failures.get(block);
    }
    for (const [key, value] of chain.offchainWorker ? done.offchainStorageDiff : [])
      chain.offchainWorker.set(key, value);
    return done;
  }
}

/** It changed nothing yet. */
const NOTHING = Object.freeze({ result: '0x', storageDiff: Object.freeze([]) });
