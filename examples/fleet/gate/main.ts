// node examples/fleet/gate/main.ts [--file network.yaml] [--state FOLDER] [--kubeconfig FILE] [--ssh-config
// FILE]
// Exit 0: the places are as the file says. 3: a person must look. 1: something failed.

import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { createFileMemory, createTargetOpener, OperationFault } from '@watchbill/fleet/run/operations';
import { systemClock } from '@watchbill/kit';
import { runGate } from './gate.ts';

const { values } = parseArgs({
  options: {
    file: { type: 'string', default: 'network.yaml' },
    state: { type: 'string' },
    kubeconfig: { type: 'string' },
    'ssh-config': { type: 'string' },
  },
});
const cwd = process.cwd();
const clock = systemClock();
const { file, kubeconfig } = values;
const folder = values.state ?? join(dirname(resolve(cwd, file)), '.watchbill-fleet');
const stop = new AbortController();
process.once('SIGTERM', () => stop.abort());

const ports = {
  clock,
  memory: createFileMemory(resolve(cwd, folder)),
  openTargets: createTargetOpener({
    clock,
    cwd,
    env: process.env,
    kubeconfig,
    sshConfig: values['ssh-config'],
  }),
};
try {
  const verdict = await runGate(ports, {
    cwd,
    file,
    timeoutMs: 900_000,
    print: (line) => void process.stdout.write(`${line}\n`),
    signal: stop.signal,
  });
  process.stdout.write(`${JSON.stringify(verdict)}\n`);
  process.exitCode = verdict.is === 'unchanged' || verdict.is === 'applied' ? 0 : 3;
} catch (error) {
  if (!(error instanceof OperationFault)) throw error;
  for (const { what, remedy } of error.problems)
    process.stderr.write(`error: ${what}\n  what to do: ${remedy}\n`);
  process.exitCode = 1;
}
