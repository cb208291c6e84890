// Loaded before files of tests: `node:test` no longer follows each promise to the test that made it. Tests on
// virtual time spent half of their processor on that, and it serves one thing: a rejected promise without a
// handler fails its test. Now it fails the process, which names the error.

import asyncHooks from 'node:async_hooks';

const { createHook } = asyncHooks;
asyncHooks.createHook = (callbacks) => createHook({ ...callbacks, trackPromises: false });
// It takes the function now, and real timers before the guard of unit tests replaces them.
await import('node:test');
asyncHooks.createHook = createHook;
