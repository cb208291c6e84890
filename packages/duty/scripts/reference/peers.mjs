import { existsSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { figure, isMet } from '@watchbill/testkit/bench/budgets';
import { page, table } from '../../../../scripts/reference/markdown.mjs';
import { readSaved, SAVED_FOLDER } from '../../../testkit/bench/saved.ts';
import { spread } from '../../bench/peers/lines.ts';
import { barPlot } from '../../bench/peers/plot.ts';
import {
  figureOver,
  memory,
  PHASES,
  p50,
  p99,
  processor,
  rate,
  ratioOver,
  readResults,
  SERVICES,
  serviceProcessor,
  writtenBytes,
} from '../../bench/peers/results.ts';
import { growthBlocks, growthPlots } from './growth.mjs';
import { missedBlocks } from './missed.mjs';
import { profileBlocks } from './profile.mjs';
import { troubleBlocks } from './trouble.mjs';

/** @typedef {import('../../../testkit/bench/saved.ts').Saved} Saved */
/** @typedef {Saved & import('../../bench/peers/results.ts').Results} Results */
/** @typedef {Readonly<Record<string, Saved>>} Runs Saved runs by the names of their benches. */

const WATCHBILL = ['watchbill-sqlite', 'watchbill-etcd'];

const NAMES = {
  'watchbill-sqlite': 'watchbill on SQLite',
  'watchbill-etcd': 'watchbill on etcd',
  postgres: 'PostgreSQL row',
  etcd: 'etcd put-if-absent',
  sqlite: 'SQLite row',
  logs: 'two synced logs',
  http: 'HTTP alone',
};

/** The runs that `npm run bench -- NAME --save` kept. @returns {Runs} */
export function savedRuns() {
  const files = existsSync(SAVED_FOLDER) ? readdirSync(SAVED_FOLDER).sort() : [];
  return Object.fromEntries(
    files
      .filter((name) => name.endsWith('.json'))
      .map((name) => [basename(name, '.json'), readSaved(join(SAVED_FOLDER, name))]),
  );
}

/** The page and its plots by their names. @param {Runs} runs */
export function peersFiles(runs) {
  const peers =
    runs.peers === undefined ? null : readResults(runs.peers, 'packages/testkit/bench/results/peers.json');
  const files = new Map([['peers.md', peersPage(peers, runs)]]);
  if (peers !== null) for (const { file, ...plot } of PLOTS) files.set(file, barPlot(plotOf(plot, peers)));
  if (runs.growth !== undefined)
    for (const { file, ...plot } of growthPlots(runs.growth)) files.set(file, barPlot(plot));
  return files;
}

/** docs/duty/reference/peers.md. @param {Results | null} peers @param {Runs} runs */
function peersPage(peers, runs) {
  return page('Speed beside services that you could write', [
    'Each service here answers the same claims over HTTP. The peers show the price of the guarantees that watchbill adds.',
    '## The services',
    table(['service', 'how it answers a claim'], SERVICE_ROWS),
    '## Guarantees that the peers lack',
    GUARANTEES_INTRO,
    table(['', 'PostgreSQL row', 'etcd put-if-absent', 'SQLite row', 'watchbill'], GUARANTEE_ROWS),
    '## Figures',
    ...(peers === null ? [NO_RESULTS] : figureBlocks(peers)),
    ...(runs.profile === undefined ? [] : profileBlocks(runs.profile)),
    ...(runs.growth === undefined ? [] : growthBlocks(runs.growth)),
    ...(runs.trouble === undefined ? [] : troubleBlocks(runs.trouble)),
    ...budgetBlocks(runs),
    ...(peers === null || runs.profile === undefined ? [] : missedBlocks(peers, runs.profile)),
    '## How they are measured',
    ...METHOD,
  ]);
}

const SERVICE_ROWS = [
  ['watchbill on SQLite', '`watchbill serve` with the embedded store, packed and started as users start it'],
  ['watchbill on etcd', 'the same with three etcd members on this machine'],
  [
    'PostgreSQL row',
    'inserts a row with a unique key, or reads the row that is there, by one prepared statement over 32 connections. PostgreSQL has its default settings',
  ],
  [
    'etcd put-if-absent',
    'runs one transaction a claim on the same etcd members: it puts the key, or reads it if it is there',
  ],
  [
    'SQLite row',
    'inserts a row with a unique key, or reads it. All claims of one turn of the event loop share a transaction with one sync (group commit)',
  ],
  [
    'two synced logs',
    'grants every claim. It appends 1,200 bytes to one file and 1,400 to another, with one `fdatasync` each for all claims of a turn. This is the floor of a service in Node that makes two things durable one after the other',
  ],
  [
    'HTTP alone',
    'grants every claim and stores nothing. This is the floor of a service in Node with fastify',
  ],
];

const GUARANTEES_INTRO =
  'The two logs and HTTP alone decide nothing, so the table leaves them out. The other peers grant a unit to one digest while their store is never rolled back.';

const GUARANTEE_ROWS = [
  [
    'one payload for each unit in normal operation',
    'yes: the key is unique, and the peer compares the digest',
    'yes',
    'yes, with one process',
    'yes',
  ],
  [
    'a claim without a digest',
    'no rule: the peer must invent one',
    'no rule',
    'no rule',
    'the policy decides (`digestRequired`), for each part of a unit',
  ],
  [
    'another process asks for the digest that was granted',
    'granted again, to any process',
    'granted again, to any process',
    'granted again, to any process',
    'each duty has a rule: a seal repeats only to the incarnation that got it, because two sealed blocks differ in their signatures',
  ],
  [
    'parts of one unit, such as prevote and precommit, and take-over under a later term',
    'no',
    'no',
    'no',
    'yes',
  ],
  [
    'the store is rolled back: backup, snapshot, lost failover',
    'the row is gone, and another digest is granted. By default a commit waits for the local disk only, not for a standby',
    'the key is gone after a restored snapshot or `--force-new-cluster`, and another digest is granted',
    'the row is gone, and another digest is granted',
    'a service compares the store with its own ledger before a grant, denies units from before its session, and compares epoch and session in each transaction',
  ],
  [
    'old rows are deleted',
    'a deleted unit can be granted again. Without deletion, the table grows by a row for each claim',
    'a deleted unit can be granted again. Without deletion and compaction, the store grows by a key for each claim',
    'a deleted unit can be granted again. Without deletion, the file grows by a row for each claim',
    'a unit leaves the store only when the floor of its mark denies it for ever, and a mark has a bounded size',
  ],
  [
    'the connection to the store breaks after the commit was sent',
    'status 500. The caller must treat it as unknown, and may ask again only with the same digest',
    'status 500, as with PostgreSQL',
    'status 500 after a failed commit',
    'the outcome `unknown` with a reason. The service looks for the nonce of the attempt in the store',
  ],
  [
    'a sync fails',
    'PostgreSQL stops and recovers from its log',
    'etcd exits',
    'the statement fails. Later reads may return pages that are not on the disk',
    'the service opens the file again, and copies and syncs all of it before the next answer',
  ],
  [
    'one machine is lost',
    'survives with synchronous standbys, which are not the default',
    'survives',
    'stops',
    'as its store: stops on SQLite; survives with several services on etcd',
  ],
  ['who may ask, ceilings, order of standbys, readiness, revocation, evidence', 'no', 'no', 'no', 'yes'],
];

const NO_RESULTS = [
  'The repository has no saved results yet. Take them on a quiet machine, in about ten minutes, and make this page again:',
  '',
  '```sh',
  'npm run bench -- peers --save',
  'npm run generate',
  '```',
].join('\n');

const METHOD = [
  'Every service runs in a separate process on one machine, and all of them run until the end. The same program asks each of them in turn, from a process that does nothing else: with 1, 64 and 256 connections that ask again at once, and with 500 claims/s at fixed moments over 64 connections. At a fixed rate, latency counts from the moment at which a claim was due. The order of the services is reversed in every second round.',
  [
    '- A ratio is made in each round. The tables show the median of the rounds, and the quartiles in brackets.',
    '- *Processor* is the time of all threads for each grant (`schedstat`), without the load. The store is PostgreSQL with its backend processes, or the three etcd members together.',
    '- *Written* is the number of bytes that service and store pass to `write`, replies over sockets included.',
    '- *Memory* is resident memory of the service, and of the store with shared pages counted once. It grows with the run, because the peers keep every claim.',
    '- A reply that is not a grant of the unit that was asked ends the run. Before the run, each peer that decides must deny a second digest for a unit.',
    '- The keys of watchbill have one node, no readiness and the policy `return: trust`. A slot takes a millisecond, so that a key has a new unit for each claim.',
    '- The peers check no tokens. Their clients are those of this repository: `pg`, and the generated client of etcd with one call a claim. Another client may be cheaper.',
    '- Load, service and store share the cores of one machine. This favours the services that handle many claims together.',
    '- The etcd members also keep the session of watchbill alive while they serve the etcd peer.',
  ].join('\n'),
];

const COLUMNS = [
  ['rate', '/s', rate],
  ['p50', 'ms', p50],
  ['p99', 'ms', p99],
  ['processor, service', 'µs', serviceProcessor],
  ['processor, store', 'µs', ({ storeUs }) => storeUs],
  ['written', 'B', writtenBytes],
  ['memory', 'MB', memory],
];

const RATIOS = [
  ['rate', rate],
  ['p50', p50],
  ['p99', p99],
  ['processor, service', serviceProcessor],
  ['processor, service and store', processor],
  ['written', writtenBytes],
];

/** Load on a machine without other work stays below this for each core. */
const QUIET_LOAD = 0.25;

/** @param {Results} results */
function figureBlocks(results) {
  return [
    aboutRun(results),
    ...PHASES.flatMap(({ name, title }) => [`### ${title}`, figureTable(results, name)]),
    '### Plots',
    'The line on a bar goes from the lower to the upper quartile of the rounds.',
    PLOTS.map(({ file, title }) => `![${title}](${file})`).join('\n\n'),
    '### Ratios',
    ...WATCHBILL.flatMap((service) => [
      `${capital(NAMES[service])} divided by each peer:`,
      ratioTable(results, service),
    ]),
  ];
}

/** @param {Results} results */
function aboutRun({ takenAt, machine, etcd, postgres, seconds, rounds }) {
  const lines = [
    `Taken on ${takenAt.slice(0, 10)} with Node ${machine.node}, etcd ${etcd} and PostgreSQL ${postgres} on ${machine.cores} cores (${machine.processor}): ${rounds.length} rounds, ${seconds} s for each service and load.`,
  ];
  if (machine.loadBefore > QUIET_LOAD * machine.cores)
    lines.push(
      `**The machine was busy**: its load was ${machine.loadBefore} before the run. Use the ratios only.`,
    );
  if (!machine.onDisk) lines.push('**The files were in memory**, so syncs cost nothing.');
  return lines.join(' ');
}

function figureTable(results, phase) {
  const head = ['', ...COLUMNS.map(([name]) => name)];
  const rows = SERVICES.map((service) => [
    NAMES[service],
    ...COLUMNS.map(([, unit, value]) => figure(figureOver(results, phase, service, value).middle, unit)),
  ]);
  return table(head, rows);
}

function ratioTable(results, service) {
  const peers = SERVICES.filter((name) => !WATCHBILL.includes(name));
  const rows = PHASES.flatMap(({ name, title }) =>
    peers.map((peer) => [
      title,
      NAMES[peer],
      ...RATIOS.map(([, value]) => spread(ratioOver(results, name, [service, peer], value))),
    ]),
  );
  return table(['load', 'peer', ...RATIOS.map(([name]) => name)], rows);
}

/** @param {Runs} runs */
function budgetBlocks(runs) {
  const rows = Object.entries(runs).flatMap(([bench, { takenAt, budgets }]) =>
    budgets.map((budget) => [
      `\`${bench}\``,
      `\`${budget.name}\``,
      figure(budget.value, budget.unit === 'x' ? '' : budget.unit),
      `${budget.bound} ${figure(budget.limit, budget.unit === 'x' ? '' : budget.unit)}`,
      isMet(budget) ? 'met' : '**missed**',
      takenAt.slice(0, 10),
    ]),
  );
  if (rows.length === 0) return [];
  return [
    '## Budgets',
    'Each bench is a command: `npm run bench -- NAME`. [packages/testkit/bench/README.md](../../../packages/testkit/bench/README.md) says what each figure is.',
    table(['bench', 'figure', 'measured', 'budget', '', 'taken'], rows),
  ];
}

const PLOTS = [
  { file: 'peers-rate.svg', title: 'Grants per second', unit: '/s', value: rate, open: false },
  { file: 'peers-p50.svg', title: 'Median latency', unit: 'ms', value: p50, open: true },
  { file: 'peers-p99.svg', title: 'Latency, p99', unit: 'ms', value: p99, open: true },
  {
    file: 'peers-processor.svg',
    title: 'Processor for each grant, service and store',
    unit: 'µs',
    value: processor,
    open: true,
  },
  {
    file: 'peers-written.svg',
    title: 'Bytes written for each grant',
    unit: 'B',
    value: writtenBytes,
    open: true,
  },
  { file: 'peers-memory.svg', title: 'Memory, service and store', unit: 'MB', value: memory, open: true },
];

/** A panel for each load; the rate of an open loop is given, so its plot leaves it out. */
function plotOf({ title, unit, value, open }, results) {
  const panels = PHASES.filter(({ perSecond }) => open || perSecond === undefined).map((phase) => ({
    title: phase.title,
    bars: SERVICES.map((service) => ({
      name: NAMES[service],
      value: figureOver(results, phase.name, service, value),
      marked: WATCHBILL.includes(service),
    })),
  }));
  return { title, unit, panels };
}

function capital(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
