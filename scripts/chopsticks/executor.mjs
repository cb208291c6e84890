// The thread in which chopsticks runs runtimes, with an executor that does less. `workerData` is the file of
// the thread as chopsticks has it.

import { createRequire } from 'node:module';
import { workerData } from 'node:worker_threads';
import { makingCodeLazily } from './lazy.mjs';

const PlainModule = WebAssembly.Module;
const load = createRequire(workerData);

// The package makes one module, of its executor, when it is loaded.
WebAssembly.Module = class Module extends PlainModule {
  constructor(bytes) {
    super(makingCodeLazily(bytes));
  }
};
load('@acala-network/chopsticks-executor');
WebAssembly.Module = PlainModule;
load(workerData);
