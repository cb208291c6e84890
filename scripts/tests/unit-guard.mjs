// Loaded before the files of the tier `unit`: whatever waits, listens, starts a process or writes a file
// fails at once.
// A violation that the code under test catches still fails the run: it is printed and sets the exit code.

import childProcess from 'node:child_process';
import dgram from 'node:dgram';
import fs from 'node:fs';
import { registerHooks, syncBuiltinESMExports } from 'node:module';
import net from 'node:net';
import timers from 'node:timers';
import timersPromises from 'node:timers/promises';
import workerThreads from 'node:worker_threads';

const VIRTUAL = 'give the code createVirtualClock() of @watchbill/kit/testing';
const APART = 'put a fake behind the port';
/** Printed in front of each violation; the runner shows them with the output of the process. */
const MARK = 'UNIT GUARD';

let violations = 0;

/** Fails the call, and the process at its end. */
function refuse(what, remedy) {
  const error = new Error(
    `a unit test must not ${what}: ${remedy}, or rename the file to NAME.component.test.ts`,
  );
  violations += 1;
  process.stderr.write(`${MARK}: ${error.stack}\n`);
  throw error;
}

process.on('exit', (code) => {
  if (violations > 0 && code === 0) process.exitCode = 1;
});

/** Replaces a function of a module; `allows` looks at the arguments. */
function guard(owner, name, what, remedy, allows = () => false) {
  const original = owner[name];
  if (original === undefined) return;
  owner[name] = Object.assign(function guarded(...args) {
    return allows(args) ? Reflect.apply(original, this, args) : refuse(`${what} (${name})`, remedy);
  }, original);
}

for (const owner of [globalThis, timers])
  for (const name of ['setTimeout', 'setInterval']) guard(owner, name, 'set a real timer', VIRTUAL);
for (const name of ['setTimeout', 'setInterval']) guard(timersPromises, name, 'sleep for real', VIRTUAL);
guard(timersPromises.scheduler, 'wait', 'sleep for real', VIRTUAL);
// A deadline in real time may be set, and never passes here: a test that waits for it fails by its own limit.
AbortSignal.timeout = () => new AbortController().signal;

guard(net.Server.prototype, 'listen', 'listen', APART);
guard(net.Socket.prototype, 'connect', 'connect', APART);
guard(dgram.Socket.prototype, 'bind', 'listen', APART);
for (const name of ['spawn', 'spawnSync', 'fork', 'exec', 'execSync', 'execFile', 'execFileSync'])
  guard(childProcess, name, 'start a process', APART);
workerThreads.Worker = class {
  constructor() {
    refuse('start a thread (Worker)', APART);
  }
};
// Named imports of `node:sqlite` do not follow a change of the module, so the import itself is replaced.
globalThis[Symbol.for('watchbill.no-database')] = class {
  constructor() {
    refuse('open a database (DatabaseSync)', APART);
  }
};
const NO_DATABASE =
  "data:text/javascript,export const DatabaseSync = globalThis[Symbol.for('watchbill.no-database')];" +
  'export const StatementSync = DatabaseSync, backup = () => new DatabaseSync(), constants = {};';
registerHooks({
  resolve: (specifier, context, next) =>
    specifier === 'node:sqlite'
      ? { url: NO_DATABASE, format: 'module', shortCircuit: true }
      : next(specifier, context),
});

/** The runner's own file of events. */
const EVENTS = process.execArgv.find((arg) => arg.startsWith('--test-reporter-destination='))?.split('=')[1];
const WRITES = ['writeFile', 'appendFile', 'mkdir', 'mkdtemp', 'rename', 'symlink', 'createWriteStream'];
const isEvents = ([path]) => path === EVENTS;
for (const name of WRITES)
  for (const [owner, form] of [
    [fs, name],
    [fs, `${name}Sync`],
    [fs.promises, name],
  ])
    guard(owner, form, 'write a file', APART, isEvents);

const READING = ['function', 'undefined'];
const readsOnly = ([, flags]) =>
  READING.includes(typeof flags) || flags === 'r' || flags === fs.constants.O_RDONLY;
for (const [owner, name] of [
  [fs, 'open'],
  [fs, 'openSync'],
  [fs.promises, 'open'],
])
  guard(owner, name, 'write a file', APART, (args) => readsOnly(args) || isEvents(args));

syncBuiltinESMExports();
