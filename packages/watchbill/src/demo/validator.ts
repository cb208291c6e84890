import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { systemClock } from '@watchbill/kit';
import { httpApi } from './api.ts';
import { type ChainSpec, schedule as scheduleOf } from './chain.ts';
import { authorBlocks, voteInRounds } from './duties.ts';
import { createGate } from './gate.ts';
import { presence } from './presence.ts';
import { openRecord } from './record.ts';

/** The file a validator process is started with. */
export interface ValidatorConfig {
  readonly node: string;
  readonly authority: number;
  readonly spec: ChainSpec;
  readonly url: string;
  readonly tokenFile: string;
  readonly recordFile: string;
}

/** One validator of the demonstration: claims every duty of its identity until `signal` aborts. */
async function runValidator(config: ValidatorConfig, signal: AbortSignal): Promise<void> {
  const { node, authority, spec } = config;
  const key = spec.authorities[authority];
  if (key === undefined)
    throw new RangeError(`authority ${authority} is not among the authorities of the chain`);
  const schedule = scheduleOf(spec);
  const clock = systemClock();
  const incarnation = randomBytes(16).toString('hex');
  const api = httpApi(config.url, readFileSync(config.tokenFile, 'utf8').trim());
  const record = openRecord(config.recordFile);
  const drawId = (): string => randomBytes(12).toString('base64url');
  const complain = (text: string): void => console.error(`refused: ${text}`);
  const asking = { api, record, clock, drawId, complain };
  const gate = createGate({ ...asking, chain: spec.chain, key, node, incarnation });
  const reports = presence({ api, schedule, clock, key, signal });
  const duties = { schedule, clock, gate, authority, signal };
  await Promise.all([
    reports.run(),
    authorBlocks(duties),
    voteInRounds({ ...duties, view: incarnation, term: reports.term }),
  ]);
  record.close();
}

/** How long claims in progress may delay the end of the process; ending amid one is safe. */
const STOP_WITHIN_MS = 500;

/** The whole process: ends at SIGTERM, which its parent sends. */
export async function validatorMain(configFile: string): Promise<void> {
  const stop = new AbortController();
  process.on('SIGTERM', () => {
    stop.abort();
    setTimeout(() => process.exit(0), STOP_WITHIN_MS).unref();
  });
  const config = JSON.parse(readFileSync(configFile, 'utf8')) as ValidatorConfig;
  await runValidator(config, stop.signal);
}
