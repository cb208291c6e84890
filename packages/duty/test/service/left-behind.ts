// A process of tests that is killed: it has a service, a background job of a shell in a session of its own,
// and files.

import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, startServiceProcess, temporaryFolder } from '@watchbill/testkit';
import { leaveNothing } from '@watchbill/testkit/leave-nothing';

const folder = leaveNothing('left');
writeFileSync(join(folder, 'file'), 'left behind');
const { dir } = await temporaryFolder('left');
const service = await startServiceProcess({ dir, port: await freePort(), store: { kind: 'sqlite' } });
const shell = spawn('bash', ['-c', "trap '' TERM; setsid sleep 1000 & echo $!; wait"], {
  detached: true,
  stdio: ['ignore', 'pipe', 'ignore'],
});
shell.stdout.once('data', (job: Buffer) =>
  console.log(
    JSON.stringify({ folders: [folder, dir], pids: [service.pid, shell.pid, Number(String(job))] }),
  ),
);
