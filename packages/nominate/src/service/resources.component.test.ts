import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '@watchbill/kit';
import type { Logger } from 'pino';
import { runJob } from '../jobs/run-job.ts';
import { candidatesJob } from '../jobs/work/candidates.ts';
import { presetProgramme } from '../rounds/presets.ts';
import { serviceShape } from './config.ts';
import { readyConfig } from './ready.ts';
import { type Closing, openResources } from './resources.ts';

const PROGRAMME = presetProgramme({ network: 'polkadot', profile: 'fair' }, [
  { name: 'west', stashKey: `0x${'11'.repeat(32)}` },
]);

test('a notice that a job opens is a line of the log of this process, after those of checks without a source', async () => {
  const logged: string[] = [];
  const at = (level: string) => (_facts: object, text?: string) => void logged.push(`${level} ${text}`);
  const log = { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
  const closing: Closing = [];
  const config = serviceShape.parse({
    ...readyConfig({ network: 'polkadot', topology: 'process', purpose: 'development' }),
    candidates: { source: 'https://list.example/candidates' },
    database: { file: ':memory:' },
    chains: { staking: ['ws://127.0.0.1:9'] },
    telemetry: [],
    releases: [],
    kusama: null,
  });
  const clock = systemClock();
  const { jobParts, close } = await openResources(
    {
      ...{ config, programme: PROGRAMME, dir: '/nowhere', clock, systemNowMs: clock.nowMs },
      fetch: async () => new Response('{"candidates":[]}'),
      log: log as unknown as Logger,
    },
    closing,
  );
  const end = await runJob(jobParts, candidatesJob, new AbortController().signal);
  await close();
  assert.equal(end, 'succeeded');
  assert.deepEqual(
    logged
      .filter((line) => line.includes('notice opened'))
      .map((line) => line.split(' ').slice(0, 5).join(' ')),
    [...Array(7).fill('warn notice opened: the check'), 'warn notice opened: the candidate'],
  );
});
